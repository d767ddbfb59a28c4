namespace Foof

open TorchSharp

/// What earlier data say about the weights near theta*: q(theta) = 1/2 d^T C d + g^T d + c with
/// d = theta - theta*. It does not own its tensors: who made it frees `Quadratic.tensors`.
[<ReferenceEquality>]
type Quadratic = {
    /// C, over the layers.
    Curvature: Curvature
    /// theta*, one [d_out; d_in] a layer.
    Centre: torch.Tensor array
    /// g and c (a scalar); ValueNone where theta* is the minimum and q is zero there.
    Slope: struct (torch.Tensor array * torch.Tensor) voption
}

/// Values and gradients of quadratic functions of the weights.
[<RequireQualifiedAccess>]
module Quadratic =

    /// The tensors held: those of C, theta*, g and c; they stay the function's.
    let tensors (q: Quadratic) = [
        yield! Curvature.tensors q.Curvature
        yield! q.Centre
        match q.Slope with
        | ValueSome struct (slope, level) ->
            yield! slope
            level
        | ValueNone -> ()
    ]

    /// 1/2 d^T C d with its minimum at the centre.
    /// It shares the tensors.
    /// Raises an ArgumentException when the centre's shapes, types or devices are not the curvature's.
    /// Shapes: centre one [d_out; d_in] a layer.
    let around curvature (centre: torch.Tensor array) : Quadratic =
        Curvature.requireFit (nameof centre) curvature centre
        { Curvature = curvature; Centre = centre; Slope = ValueNone }

    /// d^T C d and C d; of a factor G by way of G^T d, so that the columns are passed once each way.
    let rec private form curvature (d: torch.Tensor array) : struct (torch.Tensor * torch.Tensor array) =
        let sum parts =
            parts |> Array.map (fun struct (value, _) -> value) |> Array.reduce (fun (x: torch.Tensor) y -> x + y)

        match curvature with
        | Curvature.LowRank G ->
            let along = FisherFactor.transposeTimes d G
            struct (along.square().sum(), FisherFactor.times along G)
        | Curvature.Blocks parts ->
            let found = Curvature.splitting parts d |> Array.map (fun (part, d) -> form part d)
            struct (sum found, found |> Array.collect (fun struct (_, product) -> product))
        | Curvature.Sum terms ->
            let found = terms |> Array.map (fun term -> form term d)
            let product = found |> Array.map (fun struct (_, product) -> product) |> Array.reduce WeightVector.add
            struct (sum found, product)
        | _ ->
            let product = Curvature.product curvature d
            struct (WeightVector.dot d product, product)

    /// q(theta) and its gradient C d + g in one pass over the curvature.
    ///
    /// A low-rank C = G G^T costs one product with G^T and one with G: two of the three products of a forward and
    /// backward pass over the data points that G holds.
    /// Shapes: theta one [d_out; d_in] a layer -> [] and the same as theta.
    /// The results belong to the caller.
    /// Raises an ArgumentException when shapes, types or devices do not fit.
    /// (MATH 7)
    let valueAndGradient (theta: torch.Tensor array) (q: Quadratic) : struct (torch.Tensor * torch.Tensor array) =
        Curvature.requireFit (nameof theta) q.Curvature theta

        Scope.owned
            (fun () ->
                let d = Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> x - y) theta q.Centre
                let struct (value, product) = form q.Curvature d
                match q.Slope with
                | ValueNone -> struct (value * 0.5, product)
                | ValueSome struct (slope, level) ->
                    struct (value * 0.5 + WeightVector.dot slope d + level, WeightVector.add product slope))
            (fun struct (value, gradient) -> Seq.append [ value ] gradient)

    /// c q, c >= 0: c C, c g and c times the level, around the same centre.
    /// It may share tensors with q, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when c is negative.
    let scale (c: float) (q: Quadratic) = {
        q with
            Curvature = Curvature.scale c q.Curvature
            Slope =
                q.Slope |> ValueOption.map (fun struct (slope, level) -> struct (WeightVector.scale c slope, level * c))
    }

    /// The sum of two, written around the second one's centre: exact where `join` adds the curvatures.
    ///
    /// With q around theta1 and q' around theta2, e = theta2 - theta1: C + C', slope C e + g + g' and level q(theta2) +
    /// c' around theta2.
    /// It may share tensors with both, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when shapes, types or devices do not fit, and what `join` raises.
    /// (MATH 7)
    let add (join: Curvature -> Curvature -> Curvature) (q: Quadratic) (q': Quadratic) =
        let struct (level, slope) = valueAndGradient q'.Centre q

        let slope =
            match q'.Slope with
            | ValueNone -> struct (slope, level)
            | ValueSome struct (slope', level') -> struct (WeightVector.add slope slope', level + level')

        {
            Curvature = join q.Curvature q'.Curvature
            Centre = q'.Centre
            Slope = ValueSome slope
        }
