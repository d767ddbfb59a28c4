namespace Foof

open TorchSharp

/// How far directions are trusted: rules on what the inverse gave, for the layers that have a gradient.
[<RequireQualifiedAccess>]
module internal Trusted =

    /// direction |target| / |direction|, and as it is where that is zero.
    let private scaledTo (direction: torch.Tensor) (target: torch.Tensor) =
        let size = direction.norm ()
        let isZero = size.eq((0.0).ToScalar()).``to`` size.dtype
        direction * (target.norm () / (size + isZero))

    /// Each layer's direction at the norm of its target.
    let matching (targets: torch.Tensor voption array) (directions: torch.Tensor voption array) =
        Array.map2 (ValueOption.map2 scaledTo) directions targets

    /// nu times the directions, nu = min(1, sqrt(kappa / sum eta^2 <direction, gradient>)), 1 where the sum is not
    /// positive.
    let clipped
        (kappa: float)
        (rate: int -> float)
        (gradients: torch.Tensor voption array)
        (directions: torch.Tensor voption array)
        =
        let product l (direction: torch.Tensor) (gradient: torch.Tensor) =
            (direction * gradient).sum() * (rate l * rate l)

        let products =
            Array.mapi2
                (fun l direction gradient -> ValueOption.map2 (product l) direction gradient)
                directions
                gradients
            |> Array.choose ValueOption.toOption

        if products.Length = 0 then
            directions
        else
            let total = products |> Array.reduce (fun x y -> x + y)

            let nu =
                (total.clamp_min((1e-300).ToScalar()).reciprocal() * kappa).sqrt().clamp_max((1.0).ToScalar())

            directions |> Array.map (ValueOption.map (fun direction -> direction * nu))
