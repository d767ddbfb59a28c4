using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements in order along one dimension and where they were.</summary>
        public (Tensor Values, Tensor Indices) sort(
            long dim = -1,
            bool descending = false,
            bool stable = false
        ) => Aten.SortStable.Call2(this, stable, dim, descending);

        /// <summary>The elements in ascending order along the first dimension.</summary>
        public Tensor msort() => Aten.Msort.Call(this);

        /// <summary>The places that put one dimension in order.</summary>
        public Tensor argsort(long dim = -1, bool descending = false) =>
            Aten.Argsort.Call(this, dim, descending);

        /// <summary>The k largest (or smallest) elements over one dimension and where they are.</summary>
        public (Tensor values, Tensor indexes) topk(
            int k,
            int dim = -1,
            bool largest = true,
            bool sorted = true
        ) => Aten.Topk.Call2(this, k, dim, largest, sorted);

        /// <summary>
        /// The k-th smallest elements over one dimension (null: the last) and where they are.
        /// </summary>
        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) =>
            Aten.Kthvalue.Call2(this, k, dim ?? -1, keepdim);

        /// <summary>The median of all elements; the lower one of two.</summary>
        public Tensor median() => Aten.Median.Call(this);

        /// <summary>The median of the elements that are not NaN.</summary>
        public Tensor nanmedian() => Aten.Nanmedian.Call(this);

        /// <summary>The most frequent elements over one dimension and where they are.</summary>
        public (Tensor values, Tensor indices) mode(long dim = -1L, bool keepdim = false) =>
            Aten.Mode.Call2(this, dim, keepdim);

        /// <summary>The q-quantiles over one dimension, linearly interpolated.</summary>
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) =>
            Aten.Quantile.Call(this, q, dim, keepdim);

        /// <summary>The q-quantiles of the elements that are not NaN.</summary>
        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) =>
            Aten.Nanquantile.Call(this, q, dim, keepdim);

        /// <summary>
        /// The distinct elements (or slices along dim), where asked for the place of every element among
        /// them, and how often each occurs.
        /// </summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true,
            bool return_inverse = false,
            bool return_counts = false,
            int? dim = null
        ) =>
            Asked(
                dim is { } d
                    ? Aten.UniqueDim.Call3(this, d, sorted, return_inverse, return_counts)
                    : Aten.Unique2.Call3(this, sorted, return_inverse, return_counts),
                return_inverse,
                return_counts
            );

        /// <summary>As unique, but only neighbours that are equal become one.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(
            bool return_inverse = false,
            bool return_counts = false,
            int? dim = null
        ) =>
            Asked(
                Aten.UniqueConsecutive.Call3(this, return_inverse, return_counts, (long?)dim),
                return_inverse,
                return_counts
            );

        /// <summary>How often (or with which total weight) every integer from 0 on occurs.</summary>
        public Tensor bincount(Tensor? weights, long minlength = 0) =>
            Aten.Bincount.Call(this, weights, minlength);

        /// <summary>
        /// How many elements fall in each of so many equal bins of [min, max] (both 0: the elements' range).
        /// </summary>
        public Tensor histc(long bins = 100, long min = 0, long max = 0) =>
            Aten.Histc.Call(this, bins, min, max);

        /// <summary>The bin between ascending boundaries that every element falls in.</summary>
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            Aten.BucketizeTensor.Call(this, boundaries, outInt32, right);

        private static (Tensor, Tensor?, Tensor?) Asked(
            (Tensor, Tensor, Tensor) found,
            bool inverse,
            bool counts
        )
        {
            if (!inverse)
                found.Item2.Dispose();
            if (!counts)
                found.Item3.Dispose();
            return (found.Item1, inverse ? found.Item2 : null, counts ? found.Item3 : null);
        }
    }

    /// <inheritdoc cref="Tensor.sort(long, bool, bool)"/>
    public static (Tensor values, Tensor indices) sort(
        Tensor input,
        long dim = -1,
        bool descending = false,
        bool stable = false
    ) => input.sort(dim, descending, stable);

    /// <inheritdoc cref="Tensor.msort()"/>
    public static Tensor msort(Tensor tensor) => tensor.msort();

    /// <inheritdoc cref="Tensor.argsort(long, bool)"/>
    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) =>
        input.argsort(dim, descending);

    /// <inheritdoc cref="Tensor.topk(int, int, bool, bool)"/>
    public static (Tensor values, Tensor indices) topk(
        Tensor tensor,
        int k,
        int dim = -1,
        bool largest = true,
        bool sorted = true
    ) => tensor.topk(k, dim, largest, sorted);

    /// <inheritdoc cref="Tensor.kthvalue(long, long?, bool)"/>
    public static (Tensor values, Tensor indices) kthvalue(
        Tensor input,
        long k,
        long? dim,
        bool keepdim = false
    ) => input.kthvalue(k, dim, keepdim);

    /// <inheritdoc cref="Tensor.median()"/>
    public static Tensor median(Tensor input) => input.median();

    /// <inheritdoc cref="Tensor.nanmedian()"/>
    public static Tensor nanmedian(Tensor input) => input.nanmedian();

    /// <inheritdoc cref="Tensor.mode(long, bool)"/>
    public static (Tensor values, Tensor indices) mode(Tensor input, long dim = -1L, bool keepdim = false) =>
        input.mode(dim, keepdim);

    /// <inheritdoc cref="Tensor.quantile(Tensor, long, bool)"/>
    public static Tensor quantile(Tensor input, Tensor q, long dim = -1, bool keepdim = false) =>
        input.quantile(q, dim, keepdim);

    /// <inheritdoc cref="Tensor.nanquantile(Tensor, long, bool)"/>
    public static Tensor nanquantile(Tensor input, Tensor q, long dim = -1, bool keepdim = false) =>
        input.nanquantile(q, dim, keepdim);

    /// <inheritdoc cref="Tensor.unique(bool, bool, bool, int?)"/>
    public static (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
        Tensor input,
        bool sorted = true,
        bool return_inverse = false,
        bool return_counts = false,
        int? dim = null
    ) => input.unique(sorted, return_inverse, return_counts, dim);

    /// <inheritdoc cref="Tensor.unique_consecutive(bool, bool, int?)"/>
    public static (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(
        Tensor input,
        bool return_inverse = false,
        bool return_counts = false,
        int? dim = null
    ) => input.unique_consecutive(return_inverse, return_counts, dim);

    /// <inheritdoc cref="Tensor.bincount(Tensor, long)"/>
    public static Tensor bincount(Tensor input, Tensor? weights = null, long minlength = 0) =>
        input.bincount(weights, minlength);

    /// <inheritdoc cref="Tensor.histc(long, long, long)"/>
    public static Tensor histc(Tensor input, long bins = 100, long min = 0, long max = 0) =>
        input.histc(bins, min, max);

    /// <inheritdoc cref="Tensor.bucketize(Tensor, bool, bool)"/>
    public static Tensor bucketize(
        Tensor input,
        Tensor boundaries,
        bool outInt32 = false,
        bool right = false
    ) => input.bucketize(boundaries, outInt32, right);

    /// <summary>Where in an ascending sequence every value would be inserted to keep the order.</summary>
    public static Tensor searchsorted(
        Tensor sorted_sequence,
        Tensor values,
        bool out_int32 = false,
        bool right = false,
        Tensor? sorter = null
    ) => Aten.SearchsortedTensor.Call(sorted_sequence, values, out_int32, right, Value.None, sorter);
}
