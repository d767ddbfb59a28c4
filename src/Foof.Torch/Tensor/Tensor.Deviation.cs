using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>
        /// The standard deviation of all elements; unbiased divides by one less than their number.
        /// </summary>
        public Tensor std(bool unbiased = true) => Aten.Std.Call(this, unbiased);

        /// <summary>The standard deviations over these dimensions.</summary>
        public Tensor std(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => Aten.StdDim.Call(Typed(this, type), dimensions, unbiased, keepdim);

        /// <summary>The standard deviations over these dimensions.</summary>
        public Tensor std(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std(dimensions.ToArray(), unbiased, keepdim, type);

        /// <summary>The standard deviations over one dimension.</summary>
        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim], unbiased, keepdim, type);

        /// <summary>The standard deviations over two dimensions.</summary>
        public Tensor std(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std([dim.Item1, dim.Item2], unbiased, keepdim, type);

        /// <summary>The standard deviations over three dimensions.</summary>
        public Tensor std(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        /// <summary>The standard deviation and the mean of all elements.</summary>
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Aten.StdMean.Call2(this, unbiased);

        /// <summary>The standard deviations and the means over these dimensions.</summary>
        public (Tensor std, Tensor mean) std_mean(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => Aten.StdMeanDim.Call2(Typed(this, type), dimensions, unbiased, keepdim);

        /// <summary>The standard deviations and the means over these dimensions.</summary>
        public (Tensor std, Tensor mean) std_mean(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean(dimensions.ToArray(), unbiased, keepdim, type);

        /// <summary>The standard deviations and the means over one dimension.</summary>
        public (Tensor std, Tensor mean) std_mean(
            long dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim], unbiased, keepdim, type);

        /// <summary>The standard deviations and the means over two dimensions.</summary>
        public (Tensor std, Tensor mean) std_mean(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim.Item1, dim.Item2], unbiased, keepdim, type);

        /// <summary>The standard deviations and the means over three dimensions.</summary>
        public (Tensor std, Tensor mean) std_mean(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);
    }

    /// <inheritdoc cref="Tensor.std(bool)"/>
    public static Tensor std(Tensor input, bool unbiased = true) => input.std(unbiased);

    /// <inheritdoc cref="Tensor.std(long[], bool, bool, ScalarType?)"/>
    public static Tensor std(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std(long, bool, bool, ScalarType?)"/>
    public static Tensor std(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std(ValueTuple{long, long}, bool, bool, ScalarType?)"/>
    public static Tensor std(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std(ValueTuple{long, long, long}, bool, bool, ScalarType?)"/>
    public static Tensor std(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std_mean(bool)"/>
    public static (Tensor std, Tensor mean) std_mean(Tensor input, bool unbiased = true) =>
        input.std_mean(unbiased);

    /// <inheritdoc cref="Tensor.std_mean(long[], bool, bool, ScalarType?)"/>
    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std_mean(ReadOnlySpan{long}, bool, bool, ScalarType?)"/>
    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        ReadOnlySpan<long> dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std_mean(long, bool, bool, ScalarType?)"/>
    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std_mean(ValueTuple{long, long}, bool, bool, ScalarType?)"/>
    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.std_mean(ValueTuple{long, long, long}, bool, bool, ScalarType?)"/>
    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.std_mean(dimensions, unbiased, keepdim, type);
}
