namespace Foof.Build.Tests.Packages;

/// <summary>The packages in the hands of somebody who has nothing else.</summary>
[Collection(nameof(Feed))]
public sealed class PackageUseTests(Feed feed)
{
    [PackageFact]
    public void A_program_that_refers_to_the_packages_trains_fits_a_posterior_and_predicts()
    {
        var folder = Directory.CreateDirectory(Path.Combine(feed.Place, "consumer")).FullName;
        File.Copy(
            Path.Combine(Repository.Root, "tests/Foof.Build.Tests/Packages/Consumer/Program.cs"),
            Path.Combine(folder, "Program.cs")
        );
        File.WriteAllText(
            Path.Combine(folder, "Consumer.csproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Foof.CSharp" Version="{Feed.Version}" />
                <PackageReference Include="Foof.Laplace" Version="{Feed.Version}" />
              </ItemGroup>
            </Project>
            """
        );
        string[] build =
        [
            "build",
            "-c",
            "Release",
            "-o",
            "out",
            "-nologo",
            "-v",
            "quiet",
            "-nodeReuse:false",
        ];
        Feed.Succeed(Dotnet.Run(folder, feed.Newcomer, build));
        var output = Feed.Succeed(Dotnet.Run(folder, feed.Newcomer, "out/Consumer.dll"));
        Assert.Matches("^accuracy (0[.]9[0-9]|1[.]00)\n123 weights\n$", output);
    }

    [PackageFact]
    public void The_tool_can_be_installed_and_runs()
    {
        string[] install = ["tool", "install", "foof", "--tool-path", "tools", "--add-source", feed.Folder];
        Feed.Succeed(Dotnet.Run(feed.Place, feed.Newcomer, install));
        var tool = Path.Combine(feed.Place, "tools", "foof");
        Assert.StartsWith(
            Feed.Version,
            Feed.Succeed(Dotnet.RunProgram(tool, feed.Place, feed.Newcomer, "--version"))
        );
        var info = Feed.Succeed(Dotnet.RunProgram(tool, feed.Place, feed.Newcomer, "info"));
        Assert.Matches("(?m)^libtorch +[0-9]+[.][0-9]+", info);
    }
}
