using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The variance of all elements; unbiased divides by one less than their number.</summary>
        public Tensor var(bool unbiased = true) => Aten.Var.Call(this, unbiased);

        /// <summary>The variances over these dimensions.</summary>
        public Tensor var(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => Aten.VarDim.Call(Typed(this, type), dimensions, unbiased, keepdim);

        /// <summary>The variances over these dimensions.</summary>
        public Tensor var(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var(dimensions.ToArray(), unbiased, keepdim, type);

        /// <summary>The variances over one dimension.</summary>
        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim], unbiased, keepdim, type);

        /// <summary>The variances over two dimensions.</summary>
        public Tensor var(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var([dim.Item1, dim.Item2], unbiased, keepdim, type);

        /// <summary>The variances over three dimensions.</summary>
        public Tensor var(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        /// <summary>The variance and the mean of all elements.</summary>
        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) =>
            Aten.VarMean.Call2(this, unbiased);

        /// <summary>The variances and the means over these dimensions.</summary>
        public (Tensor @var, Tensor mean) var_mean(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => Aten.VarMeanDim.Call2(Typed(this, type), dimensions, unbiased, keepdim);

        /// <summary>The variances and the means over these dimensions.</summary>
        public (Tensor @var, Tensor mean) var_mean(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean(dimensions.ToArray(), unbiased, keepdim, type);

        /// <summary>The variances and the means over one dimension.</summary>
        public (Tensor @var, Tensor mean) var_mean(
            long dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim], unbiased, keepdim, type);

        /// <summary>The variances and the means over two dimensions.</summary>
        public (Tensor @var, Tensor mean) var_mean(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim.Item1, dim.Item2], unbiased, keepdim, type);

        /// <summary>The variances and the means over three dimensions.</summary>
        public (Tensor @var, Tensor mean) var_mean(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        /// <summary>The covariance matrix of the rows; columns are observations.</summary>
        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null) =>
            Aten.Cov.Call(this, correction, fweights, aweights);

        /// <summary>The correlation matrix of the rows; columns are observations.</summary>
        public Tensor corrcoef() => Aten.Corrcoef.Call(this);

        private static Tensor Typed(Tensor tensor, ScalarType? type) =>
            type is { } wanted ? tensor.to(wanted) : tensor;
    }

    /// <inheritdoc cref="Tensor.var(bool)"/>
    public static Tensor var(Tensor input, bool unbiased = true) => input.var(unbiased);

    /// <inheritdoc cref="Tensor.var(long[], bool, bool, ScalarType?)"/>
    public static Tensor var(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var(long, bool, bool, ScalarType?)"/>
    public static Tensor var(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var(ValueTuple{long, long}, bool, bool, ScalarType?)"/>
    public static Tensor var(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var(ValueTuple{long, long, long}, bool, bool, ScalarType?)"/>
    public static Tensor var(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var_mean(bool)"/>
    public static (Tensor @var, Tensor mean) var_mean(Tensor input, bool unbiased = true) =>
        input.var_mean(unbiased);

    /// <inheritdoc cref="Tensor.var_mean(long[], bool, bool, ScalarType?)"/>
    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var_mean(ReadOnlySpan{long}, bool, bool, ScalarType?)"/>
    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        ReadOnlySpan<long> dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var_mean(long, bool, bool, ScalarType?)"/>
    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var_mean(ValueTuple{long, long}, bool, bool, ScalarType?)"/>
    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.var_mean(ValueTuple{long, long, long}, bool, bool, ScalarType?)"/>
    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => input.var_mean(dimensions, unbiased, keepdim, type);

    /// <inheritdoc cref="Tensor.cov(long, Tensor, Tensor)"/>
    public static Tensor cov(
        Tensor input,
        long correction = 1,
        Tensor? fweights = null,
        Tensor? aweights = null
    ) => input.cov(correction, fweights, aweights);

    /// <inheritdoc cref="Tensor.corrcoef()"/>
    public static Tensor corrcoef(Tensor input) => input.corrcoef();
}
