using System.Text;
using System.Text.RegularExpressions;

namespace Foof.Cli.Tests;

/// <summary>
/// A copy of the program whose native libraries may be changed; the unchanged ones are links.
/// </summary>
internal sealed class ProgramCopy
{
    /// <summary>libtorch's library.</summary>
    internal const string Torch = "libtorch_cpu.so";

    /// <summary>TorchSharp's own.</summary>
    internal const string Binding = "libLibTorchSharp.so";

    private readonly string folder;
    private readonly string natives;

    /// <summary>Makes a folder for it.</summary>
    internal ProgramCopy(string folder)
    {
        this.folder = Directory.CreateDirectory(folder).FullName;
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        var original = Path.GetDirectoryName(
            Directory
                .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "runtimes"), Torch, SearchOption.AllDirectories)
                .Single()
        )!;
        natives = Directory
            .CreateDirectory(Path.Combine(folder, Path.GetRelativePath(AppContext.BaseDirectory, original)))
            .FullName;
        foreach (var file in Directory.EnumerateFiles(original))
            File.CreateSymbolicLink(Path.Combine(natives, Path.GetFileName(file)), file);
    }

    /// <summary>A native library's file.</summary>
    internal string this[string name] => Path.Combine(natives, name);

    /// <summary>Removes the libraries of a backend's package; TorchSharp's own library remains.</summary>
    internal ProgramCopy WithoutBackend()
    {
        foreach (var file in Directory.EnumerateFiles(natives))
            if (Path.GetFileName(file) != Binding)
                File.Delete(file);
        return this;
    }

    /// <summary>Puts other bytes in a library's place.</summary>
    internal ProgramCopy With(string name, byte[] content)
    {
        File.Delete(this[name]);
        File.WriteAllBytes(this[name], content);
        return this;
    }

    /// <summary>Replaces a name in a library's strings by another of the same length.</summary>
    internal ProgramCopy WithName(string library, string name, string other)
    {
        var bytes = File.ReadAllBytes(this[library]);
        var (old, replacement) = (Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(other));
        Assert.Equal(old.Length, replacement.Length);
        var rest = bytes.AsSpan();
        for (int at; (at = rest.IndexOf(old)) >= 0; rest = rest[(at + old.Length)..])
            replacement.CopyTo(rest[at..]);
        return With(library, bytes);
    }

    /// <summary>Names another version of the backend's package in the program's list of packages.</summary>
    internal ProgramCopy WithBackend(string version)
    {
        var file = Path.Combine(folder, Path.ChangeExtension(Path.GetFileName(ForeignProcess.Program), "deps.json"));
        var list = File.ReadAllText(file);
        var other = Regex.Replace(list, "(\"libtorch-[^/\"]*/)[0-9.]+", $"${{1}}{version}");
        Assert.NotEqual(list, other);
        File.WriteAllText(file, other);
        return this;
    }

    /// <summary>Runs it.</summary>
    internal Answer Run(params string[] arguments) => ForeignProcess.RunCopy(folder, arguments);
}
