namespace Foof.Cli.Data;

/// <summary>The four IDX files of a folder; images may have channels.</summary>
internal static class ImageFiles
{
    private const int WordBytes = 4;
    private static readonly string[] Sizes = ["channels", "rows", "columns"];

    /// <summary>Images and labels to train with, then those to test with.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or cannot be used with the others.</exception>
    internal static IdxFile[] Read(string folder)
    {
        if (!Array.Exists(["train", "t10k"], part => IdxFolder.Found(folder, Channels(part)) is not null))
            return Checked(IdxFolder.Files(folder));
        return Checked([Images("train"), Labels("train"), Images("t10k"), Labels("t10k")]);

        IdxFile Images(string part) =>
            (IdxFolder.Found(folder, Channels(part)), IdxFolder.Found(folder, $"{part}-images-idx3-ubyte")) switch
            {
                ({ } file, null) => IdxFile.Read(file, "images with channels", dimensions: 4),
                (null, { } file) => IdxFile.Read(file, areImages: true),
                ({ } file, { } other) => throw IdxFile.Wrong(
                    file,
                    0,
                    $"no {Path.GetFileName(other)} beside it",
                    "both"
                ),
                _ => IdxFile.Read(IdxFolder.Find(folder, Channels(part)), "images with channels", dimensions: 4),
            };

        IdxFile Labels(string part) =>
            IdxFile.Read(IdxFolder.Find(folder, $"{part}-labels-idx1-ubyte"), areImages: false);
    }

    private static string Channels(string part) => $"{part}-images-idx4-ubyte";

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
}
