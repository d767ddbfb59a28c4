namespace Foof

open System
open TorchSharp

/// What a tensor's shape would have to be, in words, where it is something else; ValueNone where it fits.
[<RequireQualifiedAccess>]
module internal Fit =

    /// The last dimensions are to be `wanted`.
    let last (wanted: int64 array) (tensor: torch.Tensor) =
        let shape = tensor.shape
        let rest = shape.Length - wanted.Length
        if rest >= 0 && shape.AsSpan(rest).SequenceEqual(ReadOnlySpan wanted) then
            ValueNone
        else
            ValueSome $"[...; {Shape.text wanted}]"

    /// Images of so many axes are to have `wanted` channels.
    let image (axes: int) (wanted: int64) (tensor: torch.Tensor) =
        let shape = tensor.shape
        if (shape.Length = axes + 1 || shape.Length = axes + 2) && shape[shape.Length - axes - 1] = wanted then
            ValueNone
        else
            let names = [| "depth"; "height"; if axes = 1 then "length" else "width" |]
            let image = String.Join("; ", names[3 - axes ..])
            ValueSome $"[n; {wanted}; {image}]"

    /// The second dimension is to be `wanted`.
    let second (wanted: int64) (tensor: torch.Tensor) =
        let shape = tensor.shape
        if shape.Length >= 2 && shape[1] = wanted then ValueNone else ValueSome $"[n; {wanted}; ...]"

/// The inputs of a trained bias: a last column of ones.
[<RequireQualifiedAccess>]
module internal BiasColumn =

    /// A copy of `views`, its last `dimensions` dimensions as columns, and a column of ones after them. Each element is
    /// copied once, from wherever the view finds it.
    ///
    /// Shapes: [rows...; columns...] -> [rows...; d + 1].
    let beside (dimensions: int) (views: torch.Tensor) =
        let shape = views.shape
        let rows, columns = Array.splitAt (shape.Length - dimensions) shape
        let d = Array.fold (*) 1L columns
        let A = torch.empty (Array.append rows [| d + 1L |], dtype = views.dtype, device = views.device)
        A.narrow(-1L, 0L, d).view(shape).copy_ views |> ignore
        A.narrow(-1L, d, 1L).fill_(1.0.ToScalar()) |> ignore
        A
