namespace Foof

open TorchSharp

/// The inputs of a trained bias: a last column of ones.
[<RequireQualifiedAccess>]
module internal BiasColumn =

    /// A copy of `views`, its last `dimensions` dimensions as columns, and a column of ones after them. Each
    /// element is copied once, from wherever the view finds it.
    ///
    /// Shapes: [rows...; columns...] -> [rows...; d + 1].
    let beside (dimensions: int) (views: torch.Tensor) =
        let shape = views.shape
        let rows, columns = Array.splitAt (shape.Length - dimensions) shape
        let d = Array.fold (*) 1L columns

        let A =
            torch.empty (Array.append rows [| d + 1L |], dtype = views.dtype, device = views.device)

        A.narrow(-1L, 0L, d).view(shape).copy_ views |> ignore
        A.narrow(-1L, d, 1L).fill_(1.0.ToScalar()) |> ignore
        A
