using System.Globalization;

namespace Foof.Cli.Reports;

/// <summary>Writes numbers and lists for readers, alike on every machine.</summary>
internal static class Say
{
    /// <summary>The sign for a missing number.</summary>
    internal const string Nothing = "–";

    /// <summary>A number with three significant digits; whole numbers, and the whole part of large ones, are written in full.</summary>
    internal static string Number(double? value) =>
        value switch
        {
            null => Nothing,
            double.NaN => "not a number",
            double.PositiveInfinity => "infinite",
            double.NegativeInfinity => "minus infinite",
            { } whole when double.IsInteger(whole) && Math.Abs(whole) < 1e10 => Count((long)whole),
            { } small when Math.Abs(small) is < 1e-3 or >= 1e7 => Text(small, "0.00e+0"),
            { } large when Math.Abs(large) >= 99.95 => Count((long)Math.Round(large)),
            { } other => Text(
                other,
                Math.Abs(other) switch
                {
                    >= 9.995 => "0.0",
                    >= 0.9995 => "0.00",
                    >= 0.09995 => "0.000",
                    >= 0.009995 => "0.0000",
                    _ => "0.00000",
                }
            ),
        };

    /// <summary>A memory in megabytes of 2^20 bytes, without the unit.</summary>
    internal static string Megabytes(long bytes) => Number(bytes / (double)(1 << 20));

    /// <summary>A number or a share, with its standard deviation unless that is null.</summary>
    internal static string Spread(string mean, string? deviation) => deviation is null ? mean : $"{mean} ± {deviation}";

    /// <summary>A whole number with separated thousands.</summary>
    internal static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage with one decimal place.</summary>
    internal static string Percent(double? share) =>
        share is { } value ? Text(100 * value, "0.0") + "\u00A0%" : Nothing;

    /// <summary>A time in seconds, or in minutes if it is long.</summary>
    internal static string Time(double seconds) =>
        seconds < 100 ? $"{Text(seconds, seconds < 10 ? "0.0" : "0")} s" : $"{Text(seconds / 60, "0.0")} min";

    /// <summary>A list such as "a, b and c".</summary>
    internal static string List(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}";

    /// <summary>A count with its noun, such as "1 run" or "2 runs".</summary>
    internal static string Many(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
