using System.Runtime.CompilerServices;
using Foof.CSharp.Tests.Api;

namespace Foof.Laplace.Tests.Api;

/// <summary>What users of C# see: no F#, everything documented, and no unnoticed change.</summary>
public sealed class PublicApiTests
{
    private static readonly PublicApiContract Api = new(typeof(LaplacePosterior).Assembly, Source());

    public static TheoryData<string> Types => [.. Api.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void No_signature_has_a_type_of_FSharp_or_of_the_core(string name) => Api.HasNoHiddenType(name);

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_has_a_summary_and_an_example(string name) => Api.HasSummaryAndExample(name);

    [Fact]
    public void The_public_API_is_the_one_in_the_file() => Api.IsAsInFile();

    private static string Source([CallerFilePath] string file = "") =>
        Path.Combine(Path.GetDirectoryName(file)!, "..", "PublicApi.txt");
}
