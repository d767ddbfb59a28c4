namespace Foof

open System
open TorchSharp

/// What a tensor's shape would have to be, where it is something else.
[<RequireQualifiedAccess>]
module internal Fit =

    /// A tensor's shape in brackets and its type, for messages.
    let describe (tensor: torch.Tensor) =
        $"[{Shape.text tensor.shape}] of {tensor.dtype}"

    /// The last dimensions are to be `wanted`.
    let last (wanted: int64 array) (tensor: torch.Tensor) =
        let shape = tensor.shape
        let rest = shape.Length - wanted.Length

        if rest >= 0 && shape.AsSpan(rest).SequenceEqual(ReadOnlySpan wanted) then
            ValueNone
        else
            ValueSome $"[...; {Shape.text wanted}]"

    /// Images are to have `wanted` channels.
    let image (wanted: int64) (tensor: torch.Tensor) =
        let shape = tensor.shape

        if (shape.Length = 3 || shape.Length = 4) && shape[shape.Length - 3] = wanted then
            ValueNone
        else
            ValueSome $"[n; {wanted}; height; width]"

    /// The second dimension is to be `wanted`.
    let second (wanted: int64) (tensor: torch.Tensor) =
        let shape = tensor.shape

        if shape.Length >= 2 && shape[1] = wanted then
            ValueNone
        else
            ValueSome $"[n; {wanted}; ...]"
