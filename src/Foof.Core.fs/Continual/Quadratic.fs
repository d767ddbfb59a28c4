namespace Foof

open TorchSharp

/// A function of the weights and its gradient, at some weights.
[<ReferenceEquality>]
type ValueAndGradient = {
    /// A scalar.
    Value: torch.Tensor
    /// One [d_out; d_in] a layer.
    Gradient: torch.Tensor array
}

/// What earlier data say about the weights near theta*: q(theta) = 1/2 d^T C d + g^T d + c with
/// d = theta - theta*. It does not own its tensors: who made it frees `Quadratic.tensors`.
[<ReferenceEquality>]
type Quadratic = {
    /// C, over the layers.
    Curvature: Curvature
    /// theta*, one [d_out; d_in] a layer.
    Centre: torch.Tensor array
    /// c and g; ValueNone where theta* is the minimum and q is zero there.
    AtCentre: ValueAndGradient voption
}

/// Values and gradients of quadratic functions of the weights.
[<RequireQualifiedAccess>]
module Quadratic =

    /// The tensors held: those of C, theta*, g and c; they stay the function's.
    let tensors (q: Quadratic) = [
        yield! Curvature.tensors q.Curvature
        yield! q.Centre
        match q.AtCentre with
        | ValueSome own ->
            own.Value
            yield! own.Gradient
        | ValueNone -> ()
    ]

    /// 1/2 d^T C d with its minimum at the centre.
    /// It shares the tensors.
    /// Raises an ArgumentException when the centre's shapes, types or devices are not the curvature's.
    /// Shapes: centre one [d_out; d_in] a layer.
    let around curvature (centre: torch.Tensor array) : Quadratic =
        Curvature.requireFit (nameof centre) curvature centre
        { Curvature = curvature; Centre = centre; AtCentre = ValueNone }

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
    let valueAndGradient (theta: torch.Tensor array) (q: Quadratic) =
        Curvature.requireFit (nameof theta) q.Curvature theta

        Scope.owned
            (fun () ->
                let d = Array.map2 (fun (x: torch.Tensor) (y: torch.Tensor) -> x - y) theta q.Centre
                let struct (value, product) = form q.Curvature d
                match q.AtCentre with
                | ValueNone -> { Value = value * 0.5; Gradient = product }
                | ValueSome own -> {
                    Value = value * 0.5 + WeightVector.dot own.Gradient d + own.Value
                    Gradient = WeightVector.add product own.Gradient
                  })
            (fun found -> Seq.append [ found.Value ] found.Gradient)

    /// c q, c >= 0: c C, c g and c times the level, around the same centre.
    /// It may share tensors with q, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when c is negative.
    let scale (c: float) (q: Quadratic) = {
        q with
            Curvature = Curvature.scale c q.Curvature
            AtCentre =
                q.AtCentre
                |> ValueOption.map (fun own -> { Value = own.Value * c; Gradient = WeightVector.scale c own.Gradient })
    }

    /// The sum of two, written around the second one's centre: exact where `join` adds the curvatures.
    ///
    /// With q around theta1 and q' around theta2, e = theta2 - theta1: C + C', slope C e + g + g' and level q(theta2) +
    /// c' around theta2.
    /// It may share tensors with both, which must outlive it; new ones belong to the caller.
    /// Raises an ArgumentException when shapes, types or devices do not fit, and what `join` raises.
    /// (MATH 7)
    let add (join: Curvature -> Curvature -> Curvature) (q: Quadratic) (q': Quadratic) =
        let sum () =
            let found = valueAndGradient q'.Centre q
            match q'.AtCentre with
            | ValueNone -> found
            | ValueSome own -> {
                Value = found.Value + own.Value
                Gradient = WeightVector.add found.Gradient own.Gradient
              }

        {
            Curvature = join q.Curvature q'.Curvature
            Centre = q'.Centre
            AtCentre = ValueSome(Scope.owned sum (fun found -> Seq.append [ found.Value ] found.Gradient))
        }
