namespace Foof.Docs.Tests;

/// <summary>What README and docs show in C# compiles, and runs to its end.</summary>
public class CSharpExampleTests
{
    public static TheoryData<string> Examples => [.. Example.All("csharp").Select(each => each.ToString())];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_compiles_and_runs(string name)
    {
        var example = Example.All("csharp").Single(each => each.ToString() == name);
        var (program, errors) = CSharpProgram.Compile(CSharpProgram.Source(example), $"Example{example.Line}");
        Assert.True(program is not null, errors);
        torch.manual_seed(1);
        await CSharpProgram.Run(program);
    }

    [Fact]
    public void An_example_that_is_wrong_is_found_at_its_line()
    {
        var example = new Example("README.md", 12, "csharp", "", ["using Foof;", "new FoofOptimiser(1);"]);
        var (program, errors) = CSharpProgram.Compile(CSharpProgram.Source(example), "Wrong");
        Assert.Null(program);
        Assert.Contains("README.md(13,", errors);
        Assert.Contains("FoofOptimiser", errors);
    }

    // What the site's middle column holds on a screen of 1280 pixels, so that nothing is cut.
    [Fact]
    public void No_line_of_code_is_longer_than_72_columns()
    {
        var tooLong = Example
            .Pages()
            .SelectMany(Example.Of)
            .SelectMany(example =>
                example.Code.Index().Select(line => (example.File, example.Line + line.Index, line.Item))
            )
            .Where(line => new System.Globalization.StringInfo(line.Item).LengthInTextElements > 72)
            .Select(line => $"{line.File}({line.Item2}): {line.Item}");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Every_block_says_its_language()
    {
        string[] known = ["csharp", "fsharp", "sh", "text", "xml"];
        var unknown = Example
            .Pages()
            .SelectMany(Example.Of)
            .Where(example => !known.Contains(example.Language))
            .Select(example => $"{example}: '{example.Language}'");
        Assert.Empty(unknown);
    }
}
