using System.Buffers.Binary;
using System.IO.Compression;

namespace Foof.Cli.Data;

/// <summary>Reads the unpacked bytes of an IDX file, and counts them for messages.</summary>
internal sealed class IdxStream : IDisposable
{
    // The deflate format packs at most 1032 bytes into one.
    private const long MostUnpacked = 1032;

    private readonly FileStream file;
    private readonly Stream content;
    private readonly bool packed;

    /// <summary>Opens a file; its first two bytes show whether it is packed.</summary>
    internal IdxStream(string path)
    {
        Path = path;
        file = File.OpenRead(path);
        packed = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        content = packed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>The file's path.</summary>
    internal string Path { get; }

    /// <summary>How many unpacked bytes were read.</summary>
    internal long Offset { get; private set; }

    /// <summary>Reads exactly as many bytes as the target has.</summary>
    /// <exception cref="CommandFailure">The file ends before, or is damaged.</exception>
    internal void Fill(Span<byte> target, string what)
    {
        var start = Offset;
        while (!target.IsEmpty)
        {
            var count = Read(target);
            if (count == 0)
            {
                if (packed)
                    CheckTrailer();
                throw IdxFile.Wrong(Path, start, what, $"the end of the file after {Offset - start} bytes");
            }
            Offset += count;
            target = target[count..];
        }
    }

    /// <summary>Refuses a size that the file cannot hold, before memory is allocated for it.</summary>
    internal void CheckRoom(long size)
    {
        var most = packed ? file.Length * MostUnpacked : file.Length - Offset;
        if (size > most)
            throw IdxFile.Wrong(
                Path,
                Offset,
                $"{size} bytes or more, as the lengths before say",
                $"a file of {file.Length} bytes{(packed ? ", packed" : "")}, which cannot hold them"
            );
    }

    /// <summary>
    /// Refuses bytes after the last element. In a packed file, this also compares the check sum.
    /// </summary>
    internal void CheckEnd()
    {
        if (Read(new byte[1]) > 0)
            throw IdxFile.Wrong(Path, Offset, "the end of the file", "more bytes");
        if (packed)
            CheckTrailer();
    }

    // The unpacker accepts a trailer that was cut short, so its last word, the unpacked size, is read here.
    private void CheckTrailer()
    {
        Span<byte> trailer = stackalloc byte[sizeof(uint)];
        var place = Math.Max(0, file.Length - trailer.Length);
        file.Position = place;
        file.ReadAtLeast(trailer, trailer.Length, throwOnEndOfStream: false);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        if (size != unchecked((uint)Offset))
            throw IdxFile.Wrong(
                Path,
                place,
                $"gzip's trailer with the unpacked size {Offset}",
                $"{size}; the file is cut or damaged: fetch it again"
            );
    }

    private int Read(Span<byte> target)
    {
        try
        {
            return content.Read(target);
        }
        catch (InvalidDataException)
        {
            throw IdxFile.Wrong(
                Path,
                Offset,
                "sound gzip data (this offset counts unpacked bytes)",
                $"damage before offset {file.Position} of the packed bytes: fetch the file again"
            );
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        content.Dispose();
        file.Dispose();
    }
}
