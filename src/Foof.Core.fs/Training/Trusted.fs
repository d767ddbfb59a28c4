namespace Foof

open TorchSharp

/// How far directions are trusted: rules on what the inverse gave, for the layers that have a gradient.
[<RequireQualifiedAccess>]
module internal Trusted =

    /// direction |target| / |direction|, and as it is where that is zero.
    let private scaledTo direction target =
        let size = Direction.norm direction
        let isZero = size.eq((0.0).ToScalar()).``to`` size.dtype
        direction |> Direction.scaled (Direction.norm target / (size + isZero))

    /// Each layer's direction at the norm of its target.
    let matching (targets: Direction voption array) (directions: Direction voption array) =
        Array.map2 (ValueOption.map2 scaledTo) directions targets

    /// nu times the directions, nu = min(1, sqrt(kappa / sum eta^2 <direction, gradient>)), 1 where the sum is not
    /// positive.
    let clipped
        (kappa: float)
        (rate: int -> float)
        (gradients: Direction voption array)
        (directions: Direction voption array)
        =
        let product l direction gradient =
            Direction.inner direction gradient * (rate l * rate l)

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

            directions |> Array.map (ValueOption.map (Direction.scaled nu))
