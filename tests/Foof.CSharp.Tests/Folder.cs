namespace Foof.CSharp.Tests;

/// <summary>A folder for one test, removed with it.</summary>
internal sealed class Folder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("foof-").FullName;

    internal string this[string name] => Path.Combine(path, name);

    internal string[] Files =>
        [.. Directory.GetFiles(path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(path, recursive: true);
}
