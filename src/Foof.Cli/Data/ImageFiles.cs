using System.Buffers.Binary;

namespace Foof.Cli.Data;

/// <summary>The four IDX files of a folder; images may have channels.</summary>
internal static class ImageFiles
{
    private const int WordBytes = 4;
    private const uint MagicOfChannels = 0x0804;
    private static readonly string[] Sizes = ["channels", "rows", "columns"];

    /// <summary>Images and labels to train with, then those to test with.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or cannot be used with the others.</exception>
    internal static IdxFile[] Read(string folder)
    {
        if (!Array.Exists(["train", "t10k"], part => Find(folder, Channels(part)) is not null))
            return Checked(IdxFolder.Files(folder));
        return Checked([Images("train"), Labels("train"), Images("t10k"), Labels("t10k")]);

        IdxFile Images(string part) =>
            (Find(folder, Channels(part)), Find(folder, $"{part}-images-idx3-ubyte")) switch
            {
                ({ } file, null) => WithChannels(file),
                (null, { } file) => IdxFile.Read(file, areImages: true),
                ({ } file, { } other) => throw IdxFile.Wrong(
                    file,
                    0,
                    $"no {Path.GetFileName(other)} beside it",
                    "both"
                ),
                _ => throw Missing(folder, Channels(part)),
            };

        IdxFile Labels(string part)
        {
            var name = $"{part}-labels-idx1-ubyte";
            return IdxFile.Read(Find(folder, name) ?? throw Missing(folder, name), areImages: false);
        }
    }

    private static string Channels(string part) => $"{part}-images-idx4-ubyte";

    private static string? Find(string folder, string name) =>
        Array.Find([Path.Combine(folder, name), Path.Combine(folder, $"{name}.gz")], File.Exists);

    private static FileNotFoundException Missing(string folder, string name) =>
        new($"{folder} must hold {name} or {name}.gz; found neither.");

    // Labels belong to images, and both pairs have images of one shape.
    private static IdxFile[] Checked(IdxFile[] files)
    {
        IdxFolder.Match(files[0], files[1]);
        var (train, test) = (SizesOf(files[0]), SizesOf(files[2]));
        foreach (var (place, name) in Sizes.Index())
            if (train[place] != test[place])
                throw IdxFile.Wrong(
                    files[2].Path,
                    WordBytes * (files[2].Shape.Length - 2 + place),
                    $"{train[place]} {name} an image, as in {Path.GetFileName(files[0].Path)}",
                    $"{test[place]}"
                );
        IdxFolder.Match(files[2], files[3]);
        return files;
    }

    private static int[] SizesOf(IdxFile images) =>
        images.Shape.Length == 4 ? images.Shape[1..] : [1, .. images.Shape[1..]];

    // The library's reader takes images without channels.
    private static IdxFile WithChannels(string path)
    {
        using var source = new IdxStream(path);
        if (Word("the magic number") is var magic and not MagicOfChannels)
            throw IdxFile.Wrong(
                path,
                0,
                $"the magic number 0x{MagicOfChannels:x8} of images with channels",
                $"0x{magic:x8}"
            );
        var shape = new int[4];
        var size = 1L;
        foreach (var dimension in Enumerable.Range(0, shape.Length))
        {
            var offset = source.Offset;
            var length = Word($"the length of dimension {dimension}");
            if (length is 0 or > int.MaxValue)
                throw IdxFile.Wrong(
                    path,
                    offset,
                    $"a length of dimension {dimension} from 1 to {int.MaxValue}",
                    $"{length}"
                );
            shape[dimension] = (int)length;
            size = checked(size * length);
            source.CheckRoom(size);
        }
        var bytes = new byte[size];
        source.Fill(bytes, $"{size} bytes of images");
        source.CheckEnd();
        return new(path, shape, bytes);

        uint Word(string what)
        {
            Span<byte> word = stackalloc byte[WordBytes];
            source.Fill(word, $"{WordBytes} bytes for {what}");
            return BinaryPrimitives.ReadUInt32BigEndian(word);
        }
    }
}
