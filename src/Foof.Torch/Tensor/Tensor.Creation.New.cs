namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            long[] size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => torch.zeros(size, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            ReadOnlySpan<long> size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros(size.ToArray(), dtype, device, requires_grad);

        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros([size], dtype, device, requires_grad);

        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros([rows, columns], dtype, device, requires_grad);

        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros([dim0, dim1, dim2], dtype, device, requires_grad);

        /// <summary>A tensor full of zeros, of this one's type and device where null.</summary>
        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_zeros([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            long[] size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => torch.ones(size, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            ReadOnlySpan<long> size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_ones(size.ToArray(), dtype, device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_ones([size], dtype, device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_ones([rows, columns], dtype, device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_ones([dim0, dim1, dim2], dtype, device, requires_grad);

        /// <summary>A tensor full of ones, of this one's type and device where null.</summary>
        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_ones([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            long[] size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => torch.empty(size, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            ReadOnlySpan<long> size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty(size.ToArray(), dtype, device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            long size,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty([size], dtype, device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            long rows,
            long columns,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty([rows, columns], dtype, device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty([dim0, dim1, dim2], dtype, device, requires_grad);

        /// <summary>A tensor with unspecified elements, of this one's type and device where null.</summary>
        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_empty([dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            long[] size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => torch.full(size, value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            ReadOnlySpan<long> size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full(size.ToArray(), value, dtype, device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            long size,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full([size], value, dtype, device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            long rows,
            long columns,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full([rows, columns], value, dtype, device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full([dim0, dim1, dim2], value, dtype, device, requires_grad);

        /// <summary>A tensor full of one value, of this one's type and device where null.</summary>
        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => new_full([dim0, dim1, dim2, dim3], value, dtype, device, requires_grad);
    }
}
