namespace Foof.Cli.Commands;

/// <summary>Finds the word that a user who mistyped probably meant.</summary>
internal static class Suggestion
{
    // Too many words contain a shorter part.
    private const int FewestLetters = 4;

    /// <summary>
    /// The end of a sentence that names the nearest valid word; empty where none is near enough.
    /// </summary>
    internal static string Hint(string given, IEnumerable<string> valid) =>
        Nearest(given, valid) is { } nearest ? $"; the nearest is {nearest}" : "";

    /// <summary>
    /// Of the valid words that are near, the one with the fewest edits: at most a third of the letters differ,
    /// or one of the two words is a part of the other.
    /// </summary>
    internal static string? Nearest(string given, IEnumerable<string> valid) =>
        valid.Where(word => IsNear(given, word)).MinBy(word => Edits(given, word));

    private static bool IsNear(string given, string word) =>
        Edits(given, word) <= Math.Max(1, (Math.Max(given.Length, word.Length) + 1) / 3)
        || IsPart(given, word)
        || IsPart(word, given);

    private static bool IsPart(string part, string whole) =>
        part.Length >= FewestLetters && whole.Contains(part, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// How many letters to insert, delete, replace or swap with their neighbour (Levenshtein,
    /// Damerau), ignoring case.
    /// </summary>
    internal static int Edits(string from, string to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
        for (var j = 0; j <= to.Length; j++)
            table[i, j] = Math.Min(i, j) == 0 ? Math.Max(i, j) : Fewest(table, from, to, i, j);
        return table[from.Length, to.Length];
    }

    private static int Fewest(int[,] table, string from, string to, int i, int j)
    {
        var same = Same(from[i - 1], to[j - 1]);
        var fewest = Math.Min(Math.Min(table[i - 1, j], table[i, j - 1]) + 1, table[i - 1, j - 1] + (same ? 0 : 1));
        var swapped = i > 1 && j > 1 && Same(from[i - 1], to[j - 2]) && Same(from[i - 2], to[j - 1]);
        return swapped ? Math.Min(fewest, table[i - 2, j - 2] + 1) : fewest;
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
