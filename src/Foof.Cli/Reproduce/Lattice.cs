using System.Globalization;

namespace Foof.Cli.Reproduce;

/// <summary>The values of a grid: 1 and 3 times the powers of ten, by place; place 0 is 1.</summary>
internal static class Lattice
{
    /// <summary>The value at a place.</summary>
    internal static double Value(int place)
    {
        var power = (int)Math.Floor(place / 2.0);
        // Parsed, since 3 times a rounded power may not be the number that is written so.
        return double.Parse(
            string.Create(CultureInfo.InvariantCulture, $"{(place == 2 * power ? 1 : 3)}e{power}"),
            CultureInfo.InvariantCulture
        );
    }

    /// <summary>The place that is nearest to a positive value.</summary>
    internal static int Place(double value)
    {
        var near = (int)Math.Floor(2 * Math.Log10(value));
        return Enumerable.Range(near - 1, 4).MinBy(place => Math.Abs(Math.Log(Value(place) / value)));
    }
}
