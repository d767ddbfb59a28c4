namespace Foof

open TorchSharp

/// How a layer's input becomes the rows that its weight multiplies.
[<RequireQualifiedAccess; NoComparison>]
type Geometry =
    /// z = W a for the last dimension of the input; all dimensions but the first and the last are positions.
    | Dense
    /// z = W a for every patch a of the image; the patches are the positions.
    | Convolution of Window
    /// z = W a for the one-hot a of a number: an embedding, W its table's transpose. All dimensions but the
    /// first are positions. The number `padding` has a row of zeros.
    | Lookup of padding: int64 voption
    /// z = W (x_hat, 1) for every unit of a normalisation: one group a unit, its row of W its scale and
    /// shift.
    | Scale of Normalisation

/// What fits a geometry, for a weight of a given shape.
[<RequireQualifiedAccess>]
module internal Geometry =

    let private units (weight: int64 array) = Array.fold (*) 1L weight

    /// What an input would have to be, where it does not fit the layer.
    let inputMisfit geometry (weight: int64 array) (input: torch.Tensor) =
        match geometry with
        | Geometry.Dense -> Fit.last weight[1..] input
        | Geometry.Convolution window -> Patches.misfit window (weight[1] * window.Groups) input
        | Geometry.Lookup _ when input.is_integral () -> ValueNone
        | Geometry.Lookup _ -> ValueSome "whole numbers"
        | Geometry.Scale normalisation -> Normalised.misfit normalisation (units weight) input

    /// What a derivative with respect to the output would have to be, where it does not fit the layer.
    let gradientMisfit geometry (weight: int64 array) (gradient: torch.Tensor) =
        match geometry with
        | Geometry.Dense -> Fit.last weight[..0] gradient
        | Geometry.Lookup _ -> Fit.last weight[1..] gradient
        | Geometry.Convolution _ -> Fit.image weight[0] gradient
        | Geometry.Scale normalisation -> Normalised.misfit normalisation (units weight) gradient

    /// How many dimensions an input has that is one data point, without a dimension for them.
    let dimensions geometry =
        match geometry with
        | Geometry.Dense -> 1L
        | Geometry.Convolution _ -> 3L
        | Geometry.Lookup _ -> 0L
        | Geometry.Scale(Normalisation.Last(shape, _)) -> int64 shape.Length
        | Geometry.Scale(Normalisation.Channels _) -> -1L
