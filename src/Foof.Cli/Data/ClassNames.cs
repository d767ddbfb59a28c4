namespace Foof.Cli.Data;

/// <summary>What the labels of a data set mean.</summary>
internal static class ClassNames
{
    private static readonly string[] FashionMnist =
    [
        "T-shirt",
        "trousers",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ];

    /// <summary>A label's meaning, or its number where that is not known.</summary>
    internal static string Of(string data, long label) =>
        data == ImageData.FashionMnist && label >= 0 && label < FashionMnist.Length
            ? FashionMnist[label]
            : $"class {label}";
}
