namespace Foof

open TorchSharp

/// A matrix [d_out; d_in] in the shape of a layer's weight, a gradient or what the preconditioner makes of it: written
/// out, or as a product that need not be formed.
[<RequireQualifiedAccess; ReferenceEquality>]
type internal Direction =
    /// The matrix itself.
    | Matrix of torch.Tensor
    /// left^T right, of factors with few rows: left [k; d_out], right [k; d_in].
    | Product of left: torch.Tensor * right: torch.Tensor

/// What is known about directions without forming products.
/// Results belong to the caller's scope.
[<RequireQualifiedAccess>]
module internal Direction =

    /// The matrix, left^T right of a product.
    /// Shapes: -> [d_out; d_in].
    let matrix direction =
        match direction with
        | Direction.Matrix M -> M
        | Direction.Product(left, right) -> left.t().mm right

    /// The tensors held.
    let tensors direction =
        match direction with
        | Direction.Matrix M -> [ M ]
        | Direction.Product(left, right) -> [ left; right ]

    /// A tensor whose type and device those of the direction are.
    let like direction =
        match direction with
        | Direction.Matrix M -> M
        | Direction.Product(left, _) -> left

    /// The direction times a number, a scalar tensor.
    let scaled (c: torch.Tensor) direction =
        match direction with
        | Direction.Matrix M -> Direction.Matrix(M * c)
        | Direction.Product(left, right) -> Direction.Product(left * c, right)

    /// The sum of the products of all elements of X and Y: of two products by k k' inner products of their rows.
    /// Shapes: -> [].
    let inner x y =
        match x, y with
        | Direction.Matrix X, Direction.Matrix Y -> (X * Y).sum()
        | Direction.Matrix M, Direction.Product(left, right)
        | Direction.Product(left, right), Direction.Matrix M -> (left.mm M * right).sum()
        | Direction.Product(left, right), Direction.Product(left', right') ->
            (left.mm (left'.t ()) * right.mm (right'.t ())).sum()

    /// The Euclidean norm; rounding may leave the sum of a product below zero.
    /// Shapes: -> [].
    let norm direction =
        match direction with
        | Direction.Matrix M -> M.norm ()
        | Direction.Product _ -> (inner direction direction).clamp_min(0.0.ToScalar()).sqrt()

    /// As the gradients of one column, whose positions are the product's rows.
    let column direction =
        match direction with
        | Direction.Matrix M -> LayerFactor.Columns(M.unsqueeze 0L)
        | Direction.Product(left, right) ->
            let row (X: torch.Tensor) = X.view (1L, 1L, X.size 0, X.size 1)
            LayerFactor.Product(Activations.rows (row right), row left)

    /// The direction at the norm of a target, and as it is where it is zero: |target| / |direction| times the
    /// direction.
    let scaledTo direction target =
        let size = norm direction
        let isZero = size.eq((0.0).ToScalar()).``to`` size.dtype
        direction |> scaled (norm target / (size + isZero))

/// Directions of several layers; ValueNone for a layer without a gradient.
[<RequireQualifiedAccess>]
module internal Directions =

    /// Each layer's direction at the norm of its target.
    let scaledTo (targets: Direction voption array) (directions: Direction voption array) =
        Array.map2 (ValueOption.map2 Direction.scaledTo) directions targets

    /// nu times the directions, nu = min(1, sqrt(kappa / sum eta^2 <direction, gradient>)), 1 where the sum is not
    /// positive.
    /// (K-FAC's KL clip)
    let clipped
        (kappa: float)
        (rate: int -> float)
        (gradients: Direction voption array)
        (directions: Direction voption array)
        =
        let product l direction gradient = Direction.inner direction gradient * (rate l * rate l)

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
            let nu = (total.clamp_min((1e-300).ToScalar()).reciprocal() * kappa).sqrt().clamp_max((1.0).ToScalar())
            directions |> Array.map (ValueOption.map (Direction.scaled nu))
