using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// How <c>str</c>, <c>print</c> and <c>ToString(true)</c> print where no style is given.
    /// </summary>
    /// <exception cref="ArgumentException">The style that is set is Default.</exception>
    public static TensorStringStyle TensorStringStyle
    {
        get => TensorPrinter.Style;
        set =>
            TensorPrinter.Style =
                value != TensorStringStyle.Default
                    ? value
                    : throw new ArgumentException(
                        "The default style must be a style of its own; got Default."
                    );
    }

    /// <summary>Rows and columns in line.</summary>
    public const TensorStringStyle julia = TensorStringStyle.Julia;

    /// <summary>Nested brackets.</summary>
    public const TensorStringStyle numpy = TensorStringStyle.Numpy;

    /// <summary>Nested braces with the suffixes of C#'s literals.</summary>
    public const TensorStringStyle csharp = TensorStringStyle.CSharp;

    /// <summary>Sets how many decimals are printed, and further options where they are given.</summary>
    public static void set_printoptions(
        int precision,
        int? linewidth = null,
        string? newLine = null,
        bool sci_mode = false,
        int? maxRows = null,
        int? maxColumns = null
    ) =>
        set_printoptions(
            null,
            $"{(sci_mode ? 'E' : 'F')}{precision}",
            linewidth,
            newLine,
            maxRows,
            maxColumns
        );

    /// <summary>Sets the options of printing that are given.</summary>
    public static void set_printoptions(
        TensorStringStyle? style = null,
        string? floatFormat = null,
        int? linewidth = null,
        string? newLine = null,
        int? maxRows = null,
        int? maxColumns = null
    )
    {
        TensorPrinter.Style = style ?? TensorPrinter.Style;
        TensorPrinter.FloatFormat = floatFormat ?? TensorPrinter.FloatFormat;
        TensorPrinter.LineWidth = linewidth ?? TensorPrinter.LineWidth;
        TensorPrinter.NewLine = newLine ?? TensorPrinter.NewLine;
        TensorPrinter.MaxRows = maxRows ?? TensorPrinter.MaxRows;
        TensorPrinter.MaxColumns = maxColumns ?? TensorPrinter.MaxColumns;
    }

    public partial class Tensor
    {
        /// <summary>Shape, type and device: <c>[3x4], type = Float32, device = cpu</c>.</summary>
        public override string ToString() =>
            IsInvalid ? "" : $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";

        /// <summary>Shape, type and device, and the values if <paramref name="disamb"/> holds.</summary>
        public string ToString(
            bool disamb,
            string? fltFormat = null,
            int? width = null,
            CultureInfo? cultureInfo = null,
            string? newLine = null
        ) =>
            disamb ? ToString(TensorStringStyle.Default, fltFormat, width, cultureInfo, newLine) : ToString();

        /// <summary>The tensor in a style, with an ellipsis where it is too large.</summary>
        public string ToString(
            TensorStringStyle style,
            string? fltFormat = null,
            int? width = null,
            CultureInfo? cultureInfo = null,
            string? newLine = null
        ) => new TensorPrinter(this, fltFormat, width, cultureInfo, newLine).Print(style);
    }
}

/// <summary>How a tensor is printed.</summary>
public enum TensorStringStyle
{
    /// <summary>Only shape, type and device.</summary>
    Metadata,

    /// <summary>Rows and columns in line.</summary>
    Julia,

    /// <summary>Nested brackets.</summary>
    Numpy,

    /// <summary>Nested braces with the suffixes of C#'s literals.</summary>
    CSharp,

    /// <summary>The style that <see cref="torch.TensorStringStyle"/> names.</summary>
    Default,
}

public static partial class TensorExtensionMethods
{
    /// <summary>The tensor as text, with its values.</summary>
    public static string str(
        this torch.Tensor tensor,
        string? fltFormat = null,
        int? width = null,
        string? newLine = null,
        CultureInfo? cultureInfo = null,
        TensorStringStyle style = TensorStringStyle.Default
    ) => tensor.ToString(style, fltFormat, width, cultureInfo, newLine);

    /// <summary>The tensor as rows and columns in line.</summary>
    public static string jlstr(
        this torch.Tensor tensor,
        string? fltFormat = null,
        int? width = null,
        string? newLine = null,
        CultureInfo? cultureInfo = null
    ) => tensor.ToString(TensorStringStyle.Julia, fltFormat, width, cultureInfo, newLine);

    /// <summary>The tensor's shape, type and device.</summary>
    public static string metastr(this torch.Tensor tensor) => tensor.ToString(TensorStringStyle.Metadata);

    /// <summary>The tensor in nested brackets.</summary>
    public static string npstr(
        this torch.Tensor tensor,
        string? fltFormat = "g5",
        int? width = 100,
        string? newLine = null,
        CultureInfo? cultureInfo = null
    ) => tensor.ToString(TensorStringStyle.Numpy, fltFormat, width, cultureInfo, newLine);

    /// <summary>The tensor in nested braces.</summary>
    public static string cstr(
        this torch.Tensor tensor,
        string? fltFormat = "g5",
        int? width = 100,
        string? newLine = null,
        CultureInfo? cultureInfo = null
    ) => tensor.ToString(TensorStringStyle.CSharp, fltFormat, width, cultureInfo, newLine);

    /// <summary>Writes the tensor to the console and returns it.</summary>
    public static torch.Tensor print(
        this torch.Tensor t,
        string? fltFormat = "g5",
        int? width = 100,
        string? newLine = null,
        CultureInfo? cultureInfo = null,
        TensorStringStyle style = TensorStringStyle.Default
    )
    {
        Console.WriteLine(t.ToString(style, fltFormat, width, cultureInfo, newLine));
        return t;
    }
}
