namespace Foof.Build.Tests;

/// <summary>Runs <c>dotnet msbuild</c> in the checkout.</summary>
internal static class MSBuild
{
    internal static (int Code, string Output) Run(params string[] arguments) => RunWith(null, arguments);

    internal static (int Code, string Output) RunWith(
        IReadOnlyDictionary<string, string>? environment,
        params string[] arguments
    ) => Dotnet.Run(Repository.Root, environment, ["msbuild", "-nologo", "-nodeReuse:false", .. arguments]);
}
