namespace Foof.Build.Tests.Packages;

/// <summary>The packages as used by somebody who has nothing else.</summary>
[Collection(nameof(Feed))]
public sealed class PackageUseTests(Feed feed)
{
    [Fact]
    public void A_program_that_refers_to_the_packages_trains_fits_a_posterior_and_predicts() =>
        Assert.Matches("^accuracy (0[.]9[0-9]|1[.]00)\n123 weights\n$", feed.Program.Run("out"));

    [Fact]
    public void A_script_that_refers_to_the_packages_runs_and_leaves_the_cache_alone()
    {
        var script = Path.Combine(feed.Place, "script.fsx");
        var backend = $"{UserProgram.Backend}, {Repository.VersionOf(UserProgram.Backend)}";
        File.WriteAllText(
            script,
            $"""
            #r "nuget: {backend}"
            #r "nuget: Foof.Laplace, {Feed.Version}, usepackagetargets=true"
            let model = TorchSharp.torch.nn.Linear(3L, 2L)
            let optimizer = new Foof.FoofOptimizer(model, learningRate = 0.1, damping = 0.1)
            printfn "%d values" (TorchSharp.torch.ones(7L).numel())
            """
        );
        var environment = new Dictionary<string, string>(feed.Newcomer);
        Assert.Equal("7 values\n", Feed.Succeed(Dotnet.Run(feed.Place, environment, "fsi", script)));
        Assert.True(feed.CacheIsUntouched);
    }

    [Fact]
    public void The_tool_can_be_installed_and_runs()
    {
        string[] install = ["tool", "install", "foof", "--tool-path", "tools", "--add-source", feed.Folder];
        Feed.Succeed(Dotnet.Run(feed.Place, feed.Newcomer, install));
        var tool = Path.Combine(feed.Place, "tools", "foof");
        Assert.StartsWith(Feed.Version, Feed.Succeed(Dotnet.RunProgram(tool, feed.Place, feed.Newcomer, "--version")));
        var info = Feed.Succeed(Dotnet.RunProgram(tool, feed.Place, feed.Newcomer, "info"));
        Assert.Matches("(?m)^libtorch +[0-9]+[.][0-9]+", info);
    }
}
