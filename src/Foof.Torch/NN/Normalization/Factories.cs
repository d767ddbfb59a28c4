using TorchSharp.Modules;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A batch norm over [n; channels] or [n; channels; length].</summary>
        public static BatchNorm1d BatchNorm1d(
            long num_features,
            double eps = 1e-05,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

        /// <summary>A batch norm over [n; channels; h; w].</summary>
        public static BatchNorm2d BatchNorm2d(
            long num_features,
            double eps = 1e-05,
            double momentum = 0.1,
            bool affine = true,
            bool track_running_stats = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(num_features, eps, momentum, affine, track_running_stats, device, dtype);

        /// <summary>A layer norm over the last dimensions.</summary>
        public static LayerNorm LayerNorm(
            long[] normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

        /// <summary>A layer norm over the last dimension.</summary>
        public static LayerNorm LayerNorm(
            long normalized_shape,
            double eps = 1e-05,
            bool elementwise_affine = true,
            bool bias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

        /// <summary>A norm over groups of channels of one example.</summary>
        public static GroupNorm GroupNorm(
            long num_groups,
            long num_channels,
            double eps = 1e-05,
            bool affine = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(num_groups, num_channels, eps, affine, device, dtype);

        public static partial class functional
        {
            /// <summary>
            /// (x - mean) / sqrt(variance + eps) * weight + bias for each channel; while training, the
            /// running statistics take in the batch in place, with share <paramref name="momentum"/>.
            /// </summary>
            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-5
            ) =>
                Aten.BatchNorm.Call(
                    input,
                    weight,
                    bias,
                    running_mean,
                    running_var,
                    training,
                    momentum,
                    eps,
                    true
                );

            /// <summary>(x - mean) / sqrt(variance + eps) * weight + bias over groups of channels.</summary>
            public static Tensor group_norm(
                Tensor input,
                long num_groups,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => Aten.GroupNorm.Call(input, num_groups, weight, bias, eps);

            /// <summary>(x - mean) / sqrt(variance + eps) * weight + bias over the last dimensions.</summary>
            public static Tensor layer_norm(
                Tensor input,
                long[] normalized_shape,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => Aten.LayerNorm.Call(input, normalized_shape, weight, bias, eps);

            /// <summary>x / max(|x|_p, eps) along a dimension.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12)
            {
                using var norm = Aten.LinalgVectorNorm.Call(input, p, new long[] { dim }, true);
                using var bounded = Aten.ClampMin.Call(norm, eps);
                return Aten.Div.Call(input, bounded);
            }
        }
    }
}
