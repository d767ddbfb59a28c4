// Targets may be null, but most callers have lists whose targets are never null. A tuple's nullability must
// match exactly, so either annotation would give a warning to some callers; without one, the compiler accepts
// both.
#nullable disable annotations
global using LabelledBatches = System.Collections.Generic.IEnumerable<(
    TorchSharp.torch.Tensor Input,
    TorchSharp.torch.Tensor Target
)>;
