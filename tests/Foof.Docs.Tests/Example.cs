using System.Text.RegularExpressions;
using Foof.Tests;

namespace Foof.Docs.Tests;

/// <summary>
/// A block of code in the documentation. The comment <c>&lt;!-- with NAME --&gt;</c> before it names what the
/// reader already has: the file of that name in <c>Contexts</c>, or <c>above</c>, the page's own blocks
/// before it in that language. That code is put before the block.
/// </summary>
/// <param name="File">The page, relative to the root.</param>
/// <param name="Line">The number of its first line of code.</param>
/// <param name="Language">What follows the fence.</param>
/// <param name="Context">The name; empty if the block needs no context.</param>
/// <param name="Code">Its lines.</param>
public sealed partial record Example(string File, int Line, string Language, string Context, IReadOnlyList<string> Code)
{
    private const string Above = "above";

    /// <summary>The pages: README and docs.</summary>
    internal static IEnumerable<string> Pages() =>
        Directory
            .EnumerateFiles(Path.Combine(Checkout.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Checkout.Root, file))
            .Order(StringComparer.Ordinal)
            .Prepend("README.md");

    /// <summary>All blocks in a language.</summary>
    internal static IEnumerable<Example> All(string language) =>
        Pages().SelectMany(Of).Where(example => example.Language == language);

    /// <summary>The blocks of one page.</summary>
    internal static IEnumerable<Example> Of(string page)
    {
        var lines = System.IO.File.ReadAllLines(Path.Combine(Checkout.Root, page));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
                continue;
            var end = Array.FindIndex(lines, i + 1, line => line.StartsWith("```", StringComparison.Ordinal));
            if (end < 0)
                throw new InvalidDataException($"{page}, line {i + 1}: the block has no end.");
            yield return new(page, i + 2, lines[i][3..].Trim(), ContextOf(lines, i), lines[(i + 1)..end]);
            i = end;
        }
    }

    /// <summary>The lines in front of it.</summary>
    internal IReadOnlyList<string> ContextLines(string extension) =>
        Context == Above
            ?
            [
                .. Of(File)
                    .Where(example => example.Language == Language && example.Line < Line)
                    .SelectMany(example => example.Code),
            ]
            : Lines(Context, extension);

    /// <summary>All blocks of a page in a language, one after another.</summary>
    internal static IReadOnlyList<string> Together(string page, string language) =>
        [.. Of(page).Where(example => example.Language == language).SelectMany(example => example.Code)];

    // A context whose first line is a comment "with NAME" comes after that one.
    private static string[] Lines(string context, string extension)
    {
        if (context.Length == 0)
            return [];
        var file = Path.Combine(AppContext.BaseDirectory, "Contexts", context + extension);
        var own = System.IO.File.ReadAllLines(file);
        var before = Preceding().Match(own[0]);
        return before.Success ? [.. Lines(before.Groups[1].Value, extension), .. own[1..]] : own;
    }

    // The comment may have an empty line after it.
    private static string ContextOf(string[] lines, int fence)
    {
        var before = fence - 1;
        while (before >= 0 && lines[before].Length == 0)
            before--;
        return before >= 0 && Naming().Match(lines[before]) is { Success: true } found ? found.Groups[1].Value : "";
    }

    /// <summary>The page and the line, as the runner shows it.</summary>
    public override string ToString() => $"{File}:{Line}";

    [GeneratedRegex("^<!-- with ([a-z-]+) -->$")]
    private static partial Regex Naming();

    [GeneratedRegex("^// with ([a-z-]+)$")]
    private static partial Regex Preceding();
}
