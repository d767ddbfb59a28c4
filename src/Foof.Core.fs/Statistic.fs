namespace Foof

open TorchSharp

/// What one mini-batch says about one layer.
[<RequireQualifiedAccess>]
module Statistic =

    /// The activation factor A_bar = 1/n sum_i sum_r a_ir a_ir^T of n data points, summed over positions.
    ///
    /// Shapes: A [n R; d_in] -> [d_in; d_in]. Mean over data points. The result belongs to the caller.
    /// (Benzing 2022, eq. 6; MATH 5)
    let activationFactor (n: int64) (A: torch.Tensor) =
        Scope.tensor (fun () -> A.t().mm A / float n)

    /// target <- keep target + weight X^T Y, in place.
    ///
    /// libtorch's fused form takes its numbers in single precision: float64 tensors go the exact way round.
    let accumulateProduct
        (target: torch.Tensor)
        (keep: float)
        (X: torch.Tensor)
        (Y: torch.Tensor)
        (weight: float)
        =
        Scope.value (fun () ->
            if target.dtype = torch.ScalarType.Float64 then
                if keep <> 1.0 then
                    target.mul_ (keep.ToScalar()) |> ignore

                target.add_ (X.t().mm Y, weight.ToScalar()) |> ignore
            else
                target.addmm_ (X.t (), Y, beta = float32 keep, alpha = float32 weight) |> ignore)
