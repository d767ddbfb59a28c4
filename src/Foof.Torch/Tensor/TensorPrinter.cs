using System.Globalization;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Prints one tensor; of a large one, the first and the last rows and columns.</summary>
internal sealed class TensorPrinter(
    Tensor tensor,
    string? floatFormat,
    int? lineWidth,
    CultureInfo? cultureInfo,
    string? newLine
)
{
    private const string Gap = "...";
    private const long Hole = -1;

    private readonly string format = floatFormat ?? FloatFormat;
    private readonly int width = lineWidth ?? LineWidth;
    private readonly CultureInfo culture = cultureInfo ?? CultureInfo.CurrentCulture;
    private readonly string line = newLine ?? NewLine;

    internal static TensorStringStyle Style { get; set; } = TensorStringStyle.Julia;

    internal static string FloatFormat { get; set; } = "g5";

    internal static string NewLine { get; set; } = Environment.NewLine;

    internal static int LineWidth { get; set; } = 100;

    internal static int MaxRows { get; set; } = 6;

    internal static int MaxColumns { get; set; } = 6;

    internal string Print(TensorStringStyle style)
    {
        using var scope = NewDisposeScope();
        var asked = style == TensorStringStyle.Default ? Style : style;
        return asked switch
        {
            _ when tensor.is_meta => tensor.ToString(),
            TensorStringStyle.Metadata => tensor.ToString(),
            TensorStringStyle.Julia => $"{tensor}{Julia()}",
            TensorStringStyle.Numpy => Nested(tensor, '[', ']', "", ""),
            TensorStringStyle.CSharp => CSharp(),
            _ => throw new ArgumentOutOfRangeException(nameof(style), $"There is no style {(int)style}."),
        };
    }

    private string Julia() =>
        tensor.dim() switch
        {
            0 => ", value = " + Text(tensor),
            1 => line + Table(tensor.unsqueeze(0)),
            2 => line + Table(tensor),
            _ => Matrices(tensor, ""),
        };

    // [i,j,..,..] = and the matrix, one after another.
    private string Matrices(Tensor part, string leading)
    {
        if (part.dim() == 2)
            return $"{line}[{leading}..,..] ={line}{Table(part)}";
        var text = new StringBuilder();
        foreach (var place in Places(part.size(0), MaxRows))
            text.Append(place == Hole ? line + Gap + line : Matrices(part[place], $"{leading}{place},"));
        return text.ToString();
    }

    private string Table(Tensor matrix)
    {
        var cells = Places(matrix.size(0), MaxRows)
            .Select(row =>
                Places(matrix.size(1), Columns).Select(column => Cell(matrix, row, column)).ToList()
            )
            .ToList();
        var columns = cells.Count == 0 ? 0 : cells[0].Count;
        var widths = Enumerable
            .Range(0, columns)
            .Select(column => cells.Max(row => row[column].Length))
            .ToList();
        var text = new StringBuilder();
        foreach (var row in cells)
            text.Append(string.Concat(row.Zip(widths, (cell, size) => " " + cell.PadLeft(size))))
                .Append(line);
        return text.ToString();
    }

    // As many columns as the line holds if each took as much room as the format usually needs.
    private int Columns => Math.Max(MaxColumns, width / 12);

    private string Cell(Tensor matrix, long row, long column) =>
        row == Hole || column == Hole ? Gap : Text(matrix[row, column]);

    private string Nested(Tensor part, char open, char close, string suffix, string separator)
    {
        if (part.dim() == 0)
            return Text(part) + suffix;
        var vector = part.dim() == 1;
        var items = Places(part.size(0), vector ? MaxColumns : MaxRows)
            .Select(place => place == Hole ? Gap : Nested(part[place], open, close, suffix, separator));
        var indent = new string(' ', (int)(tensor.dim() - part.dim() + 1));
        return open + string.Join(vector ? ", " : separator + line + indent, items) + close;
    }

    private string CSharp()
    {
        var (name, suffix) = tensor.dtype switch
        {
            ScalarType.Bool => ("bool", ""),
            ScalarType.Byte => ("byte", ""),
            ScalarType.Int8 => ("sbyte", ""),
            ScalarType.Int16 => ("short", ""),
            ScalarType.Int32 => ("int", ""),
            ScalarType.Int64 => ("long", "L"),
            ScalarType.Float64 => ("double", ""),
            ScalarType.Float32 => ("float", "f"),
            var other => (other.ToString().ToLowerInvariant(), "f"),
        };
        var dimensions = (int)tensor.dim();
        var values = Nested(tensor, '{', '}', suffix, ",");
        var rank = dimensions == 0 ? "" : $"{name} [{new string(',', dimensions - 1)}] ";
        return $"{tensor}, value = {rank}{values}";
    }

    private static IEnumerable<long> Places(long length, int most)
    {
        if (length <= most)
            return Enumerable.Range(0, (int)length).Select(i => (long)i);
        var trailing = most / 2;
        var leading = most - trailing;
        return
        [
            .. Enumerable.Range(0, leading).Select(i => (long)i),
            Hole,
            .. Enumerable.Range(0, trailing).Select(i => length - trailing + i),
        ];
    }

    private string Text(Tensor element)
    {
        var value = element.ToScalar();
        return tensor.dtype == ScalarType.Bool ? value.ToBoolean().ToString(culture)
            : value.IsFloat ? value.ToDouble().ToString(format, culture)
            : value.ToInt64().ToString(culture);
    }
}
