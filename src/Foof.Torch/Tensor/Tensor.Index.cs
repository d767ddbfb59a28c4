using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The part that indices as in Python name: a view unless one is a tensor.</summary>
        public Tensor index(params TensorIndex[] indices)
        {
            var (part, tensors) = Indexed(indices);
            if (tensors is null)
                return part;
            using (part)
                return Aten.IndexTensor.Call(part, Value.OptionalTensors(tensors));
        }

        /// <summary>The elements at index tensors, as a copy.</summary>
        public Tensor index(params Tensor[] indices) =>
            Aten.IndexTensor.Call(this, Value.OptionalTensors(indices));

        /// <summary>Copies value, broadcast, to the part that the indices name.</summary>
        public Tensor index_put_(Tensor value, params TensorIndex[] indices) =>
            index_put_(value, indices, false);

        /// <summary>Copies value, broadcast, to the part that the indices name, or adds it there.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (part, tensors) = Indexed(indices);
            using (part)
            {
                if (tensors is not null)
                    Aten.IndexPut_.Run(part, Value.OptionalTensors(tensors), value, accumulate);
                else if (accumulate)
                    part.add_(value);
                else
                    part.copy_(value);
            }
            return this;
        }

        /// <summary>Copies value, broadcast, to the elements at index tensors.</summary>
        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        /// <summary>Copies value, broadcast, to the elements at index tensors, or adds it there.</summary>
        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            Aten.IndexPut_.Update(this, Value.OptionalTensors(indices), value, accumulate);

        /// <summary>Fills the part that the indices name with value.</summary>
        public Tensor index_put_(Scalar value, params TensorIndex[] indices) =>
            index_put_(Filler(value), indices);

        /// <summary>Fills the elements at index tensors with value.</summary>
        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(Filler(value), indices);

        private Tensor Filler(Scalar value) => Aten.ScalarTensor.Call(value, dtype, Value.None, device);

        // Views take care of all but index tensors, which act together afterwards.
        private (Tensor Part, Tensor?[]? Tensors) Indexed(TensorIndex[] indices)
        {
            var part = alias();
            var tensors = new List<Tensor?>();
            var dimension = 0L;
            foreach (var index in indices)
            {
                using var whole = part;
                (part, var step, var tensor) = index.Apply(whole, dimension, indices);
                if (tensor is not null)
                {
                    while (tensors.Count < dimension)
                        tensors.Add(null);
                    tensors.Add(tensor);
                }
                dimension += step;
            }
            return (part, tensors.Count == 0 ? null : [.. tensors]);
        }
    }
}
