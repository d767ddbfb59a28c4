namespace Foof.Build.Tests.Mend;

/// <summary>TorchSharp's native library for Linux, as the package has it.</summary>
internal static class TorchSharpLibrary
{
    internal const string InPackage = "runtimes/linux-x64/native/libLibTorchSharp.so";

    internal static string Path { get; } =
        System.IO.Path.Combine(Repository.Packages, "torchsharp", Repository.VersionOf("TorchSharp"), InPackage);
}
