namespace Foof.Tests;

/// <summary>The project file of a user's program; compiled into each project of tests that builds one.</summary>
internal static class UserProject
{
    /// <summary>Writes it, with references to packages of these names and versions.</summary>
    internal static void Write(string path, IEnumerable<(string Name, string Version)> packages)
    {
        var references = packages.Select(package =>
            $"""<PackageReference Include="{package.Name}" Version="{package.Version}" />"""
        );
        File.WriteAllText(
            path,
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
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """
        );
    }
}
