namespace Foof.Cli.Reports.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">What its legend says.</param>
/// <param name="Points">Its points, from left to right.</param>
internal sealed record Series(string Name, IReadOnlyList<(double X, double Y)> Points);
