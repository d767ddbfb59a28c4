// Targets may be null, and most callers have lists whose targets cannot be: a tuple's nullability must match
// exactly, so either annotation would warn half of them. Without one the compiler takes both.
#nullable disable annotations
global using LabelledBatches = System.Collections.Generic.IEnumerable<(
    TorchSharp.torch.Tensor Input,
    TorchSharp.torch.Tensor Target
)>;
