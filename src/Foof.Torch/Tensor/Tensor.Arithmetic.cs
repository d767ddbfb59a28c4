using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>this + target.</summary>
        public Tensor add(Tensor target) => Aten.AddTensor.Call(this, target, 1L);

        /// <summary>this + scalar.</summary>
        public Tensor add(Scalar scalar) => Aten.AddScalar.Call(this, scalar, 1L);

        /// <summary>this + target, in place.</summary>
        public Tensor add_(Tensor target)
        {
            Aten.Add_Tensor.Run(this, target, 1L);
            return this;
        }

        /// <summary>this * target, element by element.</summary>
        public Tensor mul(Tensor target) => Aten.MulTensor.Call(this, target);

        /// <summary>Matrix product of two matrices.</summary>
        public Tensor mm(Tensor target) => Aten.Mm.Call(this, target);

        /// <summary>Whether both have the same shape and elements.</summary>
        public bool equal(Tensor target) => Aten.Equal.CallScalar(this, target).ToBoolean();

        /// <summary>The sum of all elements.</summary>
        public Tensor sum() => Aten.Sum.Call(this);
    }

    /// <summary>Standard normal numbers.</summary>
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null) =>
        Aten.Randn.Call(size, generator, dtype ?? default_dtype, Value.None, device ?? CPU).requires_grad_(requires_grad);
}
