#nullable disable // MSBuild compiles this file as it is.
using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;

namespace Foof.Build;

/// <summary>
/// Copies a native library, with its requests for one version of libstdc++ marked as weak, so that the system's
/// loader accepts the library although its libstdc++ lacks that version. The source is only read; if nothing in it asks
/// for the version, no copy is made.
/// </summary>
public sealed class MendTorchSharp : Microsoft.Build.Utilities.Task
{
    /// <summary>The library.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>The path of the copy.</summary>
    [Required]
    public string Target { get; set; }

    /// <summary>The version, such as GLIBCXX_3.4.32.</summary>
    [Required]
    public string Version { get; set; }

    /// <summary>Makes the copy, or logs why it cannot be made.</summary>
    public override bool Execute()
    {
        try
        {
            var file = File.ReadAllBytes(Source);
            if (MarkWeak(file, Version))
            {
                Write(file);
                var name = Path.GetFileName(Source);
                Log.LogMessage(MessageImportance.High, $"{name} mended, which asked for {Version}: {Target}");
            }
        }
        catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
        {
            Fail(error.Message);
        }
        catch (InvalidDataException error)
        {
            Fail($"{error.Message} Delete the package's folder and restore again.");
        }
        return !Log.HasLoggedErrors;
    }

    /// <summary>
    /// Marks the requests for a version as weak: VER_FLG_WEAK in vna_flags of .gnu.version_r, as the generic ABI's
    /// chapter on symbol versions has it. Returns whether there was a request to mark.
    /// </summary>
    /// <exception cref="InvalidDataException">The file is not a complete ELF file of 64 bits.</exception>
    public static bool MarkWeak(byte[] file, string version)
    {
        const uint VersionNeeds = 0x6ffffffe;
        const byte Weak = 2;
        var marked = false;
        // "\x7fELF", 64 bits, little-endian.
        if (Number(file, 0, 4) != 0x464c457f || Number(file, 4, 2) != 0x0102)
            throw new InvalidDataException("It is not an ELF file of 64 bits.");
        ulong sections = Number(file, 0x28, 8),
            size = Number(file, 0x3a, 2),
            count = Number(file, 0x3c, 2);
        for (ulong index = 0; index < count; index++)
        {
            var section = sections + index * size;
            if (Number(file, section + 4, 4) != VersionNeeds)
                continue;
            var need = Number(file, section + 24, 8);
            var strings = Number(file, sections + Number(file, section + 40, 4) * size + 24, 8);
            // One need for each library, with one request for each of its versions; 0 ends either list.
            for (ulong next = 1; next != 0; need += next)
            {
                var request = need + Number(file, need + 8, 4);
                var requests = Number(file, need + 2, 2);
                for (ulong step = 1; requests > 0 && step != 0; requests--, request += step)
                {
                    step = Number(file, request + 12, 4);
                    var isWeak = (Number(file, request + 4, 2) & Weak) != 0;
                    if (isWeak || !IsText(file, strings + Number(file, request + 8, 4), version))
                        continue;
                    file[request + 4] |= Weak;
                    marked = true;
                }
                next = Number(file, need + 12, 4);
            }
        }
        return marked;
    }

    // The file appears complete or not at all. Its time is two seconds later, so that builds that compare times before a
    // copy see another file, even if times have a resolution of two seconds.
    private void Write(byte[] file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Target)));
        var unfinished = Target + "." + Guid.NewGuid().ToString("N");
        try
        {
            File.WriteAllBytes(unfinished, file);
            File.SetLastWriteTimeUtc(unfinished, File.GetLastWriteTimeUtc(Source).AddSeconds(2));
            File.Move(unfinished, Target);
        }
        catch (IOException) when (File.Exists(Target))
        {
            // Another build was faster, and its file is the same.
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private void Fail(string reason) =>
        Log.LogError(
            null,
            "FOOF0001",
            null,
            Source,
            0,
            0,
            0,
            0,
            $"TorchSharp's native library cannot be mended for this system's libstdc++: {reason} "
                + "(-p:FoofMendTorchSharp=false builds without.)"
        );

    // The number at an offset of the file, lowest byte first.
    private static ulong Number(byte[] file, ulong offset, int bytes)
    {
        var length = (ulong)file.Length;
        if (offset > length || (ulong)bytes > length - offset)
            throw new InvalidDataException($"It ends at {length} and refers to {offset}.");
        ulong number = 0;
        for (var index = bytes - 1; index >= 0; index--)
            number = number << 8 | file[offset + (ulong)index];
        return number;
    }

    private static bool IsText(byte[] file, ulong offset, string text)
    {
        var expected = Encoding.ASCII.GetBytes(text + "\0");
        for (var index = 0; index < expected.Length; index++)
            if (Number(file, offset + (ulong)index, 1) != expected[index])
                return false;
        return true;
    }
}
