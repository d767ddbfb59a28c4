using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>The patches under a square window, as columns.</summary>
            public static Unfold Unfold(
                long kernel_size,
                long dilation = 1,
                long padding = 0,
                long stride = 1
            ) => new((kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

            /// <summary>The patches under a window, as columns.</summary>
            public static Unfold Unfold(
                (long, long) kernel_size,
                (long, long)? dilation = null,
                (long, long)? padding = null,
                (long, long)? stride = null
            ) => new(kernel_size, dilation ?? (1, 1), padding ?? (0, 0), stride ?? (1, 1));

            public static partial class functional
            {
                /// <summary>The patches under a square window, as columns.</summary>
                public static Tensor unfold(
                    Tensor input,
                    long kernel_size,
                    long dilation = 1,
                    long padding = 0,
                    long stride = 1
                ) =>
                    unfold(
                        input,
                        (kernel_size, kernel_size),
                        (dilation, dilation),
                        (padding, padding),
                        (stride, stride)
                    );

                /// <summary>
                /// The patches under a window, as columns. Shapes: [n; channels; h; w] -> [n; channels kh kw;
                /// places].
                /// </summary>
                public static Tensor unfold(
                    Tensor input,
                    (long, long) kernel_size,
                    (long, long)? dilation = null,
                    (long, long)? padding = null,
                    (long, long)? stride = null
                ) =>
                    Aten.Im2col.Call(
                        input,
                        kernel_size,
                        dilation ?? (1, 1),
                        padding ?? (0, 0),
                        stride ?? (1, 1)
                    );

                /// <summary>Images from square patches; where these overlap, their elements add up.</summary>
                public static Tensor fold(
                    Tensor input,
                    long output_size,
                    long kernel_size,
                    long dilation = 1,
                    long padding = 0,
                    long stride = 1
                ) =>
                    fold(
                        input,
                        (output_size, output_size),
                        (kernel_size, kernel_size),
                        (dilation, dilation),
                        (padding, padding),
                        (stride, stride)
                    );

                /// <summary>
                /// Images from patches; where these overlap, their elements add up: the transpose of unfold.
                /// Shapes: [n; channels kh kw; places] -> [n; channels; output_size].
                /// </summary>
                public static Tensor fold(
                    Tensor input,
                    (long, long) output_size,
                    (long, long) kernel_size,
                    (long, long)? dilation = null,
                    (long, long)? padding = null,
                    (long, long)? stride = null
                ) =>
                    Aten.Col2im.Call(
                        input,
                        output_size,
                        kernel_size,
                        dilation ?? (1, 1),
                        padding ?? (0, 0),
                        stride ?? (1, 1)
                    );
            }
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>The patches under a window, as columns.</summary>
    public sealed class Unfold : ParameterLessModule<torch.Tensor, torch.Tensor>
    {
        internal Unfold(
            (long, long) kernel_size,
            (long, long) dilation,
            (long, long) padding,
            (long, long) stride
        )
            : base(nameof(Unfold))
        {
            this.kernel_size = kernel_size;
            this.dilation = dilation;
            this.padding = padding;
            this.stride = stride;
        }

        /// <summary>The window's extent.</summary>
        public (long, long) kernel_size { get; set; }

        /// <summary>How far apart the window's points are.</summary>
        public (long, long) dilation { get; set; }

        /// <summary>How much each side is padded with zeros.</summary>
        public (long, long) padding { get; set; }

        /// <summary>How far the window moves.</summary>
        public (long, long) stride { get; set; }

        /// <summary>The patches. Shapes: [n; channels; h; w] -> [n; channels kh kw; places].</summary>
        public override torch.Tensor forward(torch.Tensor input) =>
            torch.nn.functional.unfold(input, kernel_size, dilation, padding, stride);
    }
}
