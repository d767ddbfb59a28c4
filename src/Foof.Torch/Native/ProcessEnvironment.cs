using System.Runtime.InteropServices;

namespace TorchSharp.Native;

/// <summary>The environment that native libraries read when they are loaded.</summary>
internal static partial class ProcessEnvironment
{
    /// <summary>Whether one of the variables has a value.</summary>
    internal static bool HasAny(params string[] names) =>
        Array.Exists(names, name => Environment.GetEnvironmentVariable(name) is not null);

    /// <summary>
    /// Sets a variable for native code and for .NET, which keeps a copy of the environment that native code does not see.
    /// </summary>
    internal static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        _ = SetVariable(name, value, 1);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int replace);
}
