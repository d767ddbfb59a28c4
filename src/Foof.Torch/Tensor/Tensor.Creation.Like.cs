using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>A tensor of this shape (and, where null, this type and device) full of zeros.</summary>
        public Tensor zeros_like(
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.ZerosLike.Call(this, dtype, Value.None, device), requires_grad);

        /// <summary>A tensor of this shape (and, where null, this type and device) full of ones.</summary>
        public Tensor ones_like(
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.OnesLike.Call(this, dtype, Value.None, device), requires_grad);

        /// <summary>
        /// A tensor of this shape (and, where null, this type and device) with unspecified elements.
        /// </summary>
        public Tensor empty_like(
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.EmptyLike.Call(this, dtype, Value.None, device), requires_grad);

        /// <summary>
        /// A tensor of this shape (and, where null, this type and device) of uniform numbers in [0, 1).
        /// </summary>
        public Tensor rand_like(
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.RandLike.Call(this, dtype, Value.None, device), requires_grad);

        /// <summary>
        /// A tensor of this shape (and, where null, this type and device) of standard normal numbers.
        /// </summary>
        public Tensor randn_like(
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.RandnLike.Call(this, dtype, Value.None, device), requires_grad);

        /// <summary>
        /// A tensor of this shape (and, where null, this type and device) full of one value.
        /// </summary>
        public Tensor full_like(
            Scalar value,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.FullLike.Call(this, value, dtype, Value.None, device), requires_grad);

        /// <summary>
        /// A tensor of this shape (and, where null, this type and device) of random integers in [low, high).
        /// </summary>
        public Tensor randint_like(
            long low,
            long high,
            ScalarType? dtype = null,
            Device? device = null,
            bool requires_grad = false
        ) => Fresh(Aten.RandintLikeLowDtype.Call(this, low, high, dtype, Value.None, device), requires_grad);
    }

    /// <inheritdoc cref="Tensor.zeros_like(ScalarType?, Device, bool)"/>
    public static Tensor zeros_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.zeros_like(dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.ones_like(ScalarType?, Device, bool)"/>
    public static Tensor ones_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.ones_like(dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.empty_like(ScalarType?, Device, bool)"/>
    public static Tensor empty_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.empty_like(dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.rand_like(ScalarType?, Device, bool)"/>
    public static Tensor rand_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.rand_like(dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.randn_like(ScalarType?, Device, bool)"/>
    public static Tensor randn_like(
        Tensor input,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.randn_like(dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.full_like(Scalar, ScalarType?, Device, bool)"/>
    public static Tensor full_like(
        Tensor input,
        Scalar value,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.full_like(value, dtype, device, requires_grad);

    /// <inheritdoc cref="Tensor.randint_like(long, long, ScalarType?, Device, bool)"/>
    public static Tensor randint_like(
        Tensor input,
        long low,
        long high,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => input.randint_like(low, high, dtype, device, requires_grad);
}
