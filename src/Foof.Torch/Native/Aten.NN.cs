namespace TorchSharp.Native;

internal static partial class Aten
{
    // Layers
    internal static readonly Op Linear = new("linear");
    internal static readonly Op Conv1d = new("conv1d");
    internal static readonly Op Conv1dPadding = new("conv1d.padding");
    internal static readonly Op Conv2d = new("conv2d");
    internal static readonly Op Conv2dPadding = new("conv2d.padding");
    internal static readonly Op Embedding = new("embedding");
    internal static readonly Op EmbeddingRenorm_ = new("embedding_renorm_");
    internal static readonly Op Dropout = new("dropout");
    internal static readonly Op Dropout_ = new("dropout_");
    internal static readonly Op FeatureDropout = new("feature_dropout");
    internal static readonly Op FeatureDropout_ = new("feature_dropout_");

    // Normalisation
    internal static readonly Op BatchNorm = new("batch_norm");
    internal static readonly Op LayerNorm = new("layer_norm");
    internal static readonly Op GroupNorm = new("group_norm");

    // Pools and patches
    internal static readonly Op MaxPool2d = new("max_pool2d");
    internal static readonly Op MaxPool2dWithIndices = new("max_pool2d_with_indices");
    internal static readonly Op AvgPool2d = new("avg_pool2d");
    internal static readonly Op AdaptiveAvgPool2d = new("adaptive_avg_pool2d");
    internal static readonly Op AdaptiveMaxPool2d = new("adaptive_max_pool2d");
    internal static readonly Op Im2col = new("im2col");
    internal static readonly Op Col2im = new("col2im");
    internal static readonly Op UpsampleNearest1d = new("upsample_nearest1d.vec");
    internal static readonly Op UpsampleNearest2d = new("upsample_nearest2d.vec");
    internal static readonly Op UpsampleLinear1d = new("upsample_linear1d.vec");
    internal static readonly Op UpsampleBilinear2d = new("upsample_bilinear2d.vec");
    internal static readonly Op UpsampleBicubic2d = new("upsample_bicubic2d.vec");

    // Losses
    internal static readonly Op CrossEntropyLoss = new("cross_entropy_loss");
    internal static readonly Op NllLoss = new("nll_loss_nd");
    internal static readonly Op BinaryCrossEntropy = new("binary_cross_entropy");
    internal static readonly Op BinaryCrossEntropyWithLogits = new("binary_cross_entropy_with_logits");
    internal static readonly Op PoissonNllLoss = new("poisson_nll_loss");
    internal static readonly Op KlDiv = new("kl_div");
    internal static readonly Op SmoothL1Loss = new("smooth_l1_loss");
    internal static readonly Op HuberLoss = new("huber_loss");
    internal static readonly Op MseLoss = new("mse_loss");
    internal static readonly Op L1Loss = new("l1_loss");

    // What modules and optimisers call and no tensor's member does
    internal static readonly Op Gelu_ = new("gelu_");
    internal static readonly Op Mish = new("mish");
    internal static readonly Op Mish_ = new("mish_");
    internal static readonly Op Unflatten = new("unflatten.int");
    internal static readonly Op Pad = new("pad");
    internal static readonly Op OneHot = new("one_hot");
    internal static readonly Op Div = new("div.Tensor");
    internal static readonly Op CosineSimilarity = new("cosine_similarity");
    internal static readonly Op Lerp_ = new("lerp_.Scalar");
    internal static readonly Op MaximumOut = new("maximum.out");
    internal static readonly Op ToCopy = new("_to_copy");
}
