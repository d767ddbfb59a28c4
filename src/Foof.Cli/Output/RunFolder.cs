using System.Text.RegularExpressions;

namespace Foof.Cli.Output;

/// <summary>
/// A folder that one command writes a run into. It is locked until it is disposed, or until the process dies.
/// </summary>
internal sealed partial class RunFolder : IDisposable
{
    /// <summary>The name of the locked file.</summary>
    internal const string LockName = ".foof.lock";

    private readonly FileStream held;

    private RunFolder(FileStream held) => this.held = held;

    /// <summary>Locks a folder that exists, and removes the unfinished files of commands that were killed.</summary>
    /// <exception cref="CommandFailure">Another command writes into the folder.</exception>
    internal static RunFolder Lock(string folder)
    {
        var file = Path.Combine(folder, LockName);
        while (true)
        {
            var held = Held(folder, file);
            // The last owner may have removed the file after it was opened here.
            if (!File.Exists(file))
            {
                held.Dispose();
                continue;
            }
            foreach (var path in Directory.EnumerateFiles(folder, "*.tmp"))
                if (Unfinished().IsMatch(path))
                    File.Delete(path);
            return new(held);
        }
    }

    // The folder was written to before, so a file that cannot be opened is locked.
    private static FileStream Held(string folder, string file)
    {
        try
        {
            return new(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new CommandFailure(
                $"{folder} must be written by one command at a time; another one is writing into it: wait for its "
                    + "end, or name another folder by --out."
            );
        }
    }

    [GeneratedRegex(@"\.[0-9a-f]{32}\.tmp$")]
    private static partial Regex Unfinished();

    /// <summary>Lets other commands write into the folder.</summary>
    public void Dispose() => held.Dispose();
}
