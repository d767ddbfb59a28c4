using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>
            /// A table of vectors, looked up by number; it starts standard normal.
            /// </summary>
            /// <param name="num_embeddings">How many vectors.</param>
            /// <param name="embedding_dims">Their length.</param>
            /// <param name="padding_idx">
            /// A number whose vector starts at zero and is not learned; -1 is the last.
            /// </param>
            /// <param name="max_norm">
            /// Vectors longer than this are shortened, in place, when they are looked up.
            /// </param>
            /// <param name="norm_type">The p of the norm that max_norm bounds.</param>
            /// <param name="scale_grad_by_freq">
            /// Whether gradients are divided by how often a number occurs.
            /// </param>
            /// <param name="sparse">Whether the table's gradient is a sparse tensor.</param>
            /// <param name="device">Where the table is.</param>
            /// <param name="dtype">The type of its elements.</param>
            public static Embedding Embedding(
                long num_embeddings,
                long embedding_dims,
                long? padding_idx = null,
                double? max_norm = null,
                double norm_type = 2.0,
                bool scale_grad_by_freq = false,
                bool sparse = false,
                Device? device = null,
                ScalarType? dtype = null
            )
            {
                var weight = init.EmptyParameter([num_embeddings, embedding_dims], device, dtype);
                init.normal_(weight);
                var layer = new Embedding(
                    weight,
                    padding_idx,
                    max_norm,
                    norm_type,
                    scale_grad_by_freq,
                    sparse
                );
                layer.ZeroPadding();
                return layer;
            }

            /// <summary>
            /// A table of given vectors [count; length], copied; frozen ones are not learned.
            /// </summary>
            public static Embedding Embedding_from_pretrained(
                Tensor embeddings,
                bool freeze = true,
                long? padding_idx = null,
                double? max_norm = null,
                double norm_type = 2.0,
                bool scale_grad_by_freq = false,
                bool sparse = false,
                Device? device = null,
                ScalarType? dtype = null
            )
            {
                var weight = init.EmptyParameter(
                    embeddings.shape,
                    device ?? embeddings.device,
                    dtype ?? embeddings.dtype
                );
                using (no_grad())
                    Aten.Copy_.Run(weight, embeddings);
                weight.requires_grad = !freeze;
                return new Embedding(weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse);
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>A table of vectors, looked up by number.</summary>
    public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
    {
        internal Embedding(
            Parameter weight,
            long? padding_idx,
            double? max_norm,
            double norm_type,
            bool scale_grad_by_freq,
            bool sparse
        )
            : base(nameof(Embedding))
        {
            this.weight = weight;
            this.padding_idx = Row(padding_idx, weight.shape[0]);
            (this.max_norm, this.norm_type) = (max_norm, norm_type);
            (this.scale_grad_by_freq, this.sparse) = (scale_grad_by_freq, sparse);
        }

        /// <summary>The number whose vector is not learned, counted from the first, or null.</summary>
        public long? padding_idx { get; }

        /// <summary>The norm to which vectors are shortened when they are looked up, or null.</summary>
        public double? max_norm { get; }

        /// <summary>The p of the norm that <see cref="max_norm"/> bounds.</summary>
        public double norm_type { get; }

        /// <summary>Whether gradients are divided by how often a number occurs.</summary>
        public bool scale_grad_by_freq { get; }

        /// <summary>Whether the table's gradient is a sparse tensor.</summary>
        public bool sparse { get; }

        /// <summary>
        /// The table, [count; length]. A new one takes the old one's place, which is disposed.
        /// </summary>
        public Parameter weight
        {
            get => Own(nameof(weight))!;
            set => Replace(nameof(weight), value ?? throw new ArgumentNullException(nameof(weight)));
        }

        /// <summary>The vectors of the numbers. Shapes: integers [...] -> [...; length].</summary>
        public override torch.Tensor forward(torch.Tensor input)
        {
            if (max_norm is { } bound)
            {
                using var unrecorded = torch.no_grad();
                Aten.EmbeddingRenorm_.Run(weight, input, bound, norm_type);
            }
            return Aten.Embedding.Call(weight, input, padding_idx ?? -1, scale_grad_by_freq, sparse);
        }

        internal void ZeroPadding()
        {
            if (padding_idx is not { } row)
                return;
            using var unrecorded = torch.no_grad();
            using var vector = Aten.SelectInt.Call(weight, 0L, row);
            Aten.Zero_.Run(vector);
        }

        private static long? Row(long? padding_idx, long rows) =>
            padding_idx is not { } row ? null
            : row >= -rows && row < rows ? (row + rows) % rows
            : throw new ArgumentOutOfRangeException(
                nameof(padding_idx),
                $"The padding must lie in [{-rows}, {rows - 1}] for {rows} embeddings; got {row}."
            );
    }
}
