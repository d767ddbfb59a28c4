/// Kronecker products that are F itself: deep linear networks with squared errors.
module internal Foof.Validation.Exactness

open System
open Foof
open Foof.Explicit
open TorchSharp

let private linear (inputs: int) (outputs: int) : torch.nn.Module<torch.Tensor, torch.Tensor> =
    torch.nn.Linear(int64 inputs, int64 outputs, true, dtype = torch.ScalarType.Float64)

/// Three linear layers without anything between them, and what is done with their output.
let private deepLinear (shape: int64 array) (last: torch.Tensor -> torch.Tensor) () = {
    Network =
        new Network(
            [ "first", linear 3 4; "second", linear 4 3; "last", linear 3 2 ],
            fun layer x -> last (layer 2 (layer 1 (layer 0 x)))
        )
    Likelihood = Likelihood.Gaussian 0.5
    Input = torch.randn (shape, dtype = torch.ScalarType.Float64)
    Target = null
}

/// A layer over images of one to three axes, the mean over its places, and a linear layer: the mean gives every
/// place the same error.
let private images (layer: unit -> torch.nn.Module<torch.Tensor, torch.Tensor>) (shape: int64 array) () = {
    Network =
        new Network(
            [ "first", layer (); "last", linear 3 2 ],
            fun layer x -> layer 1 ((layer 0 x).flatten(2L).mean([| 2L |]))
        )
    Likelihood = Likelihood.Gaussian 0.5
    Input = torch.randn (shape, dtype = torch.ScalarType.Float64)
    Target = null
}

/// Two linear layers on the nodes of padded graphs; what becomes of the nodes' outputs, by the nodes that are there.
let private graphs (last: torch.Tensor -> torch.Tensor -> torch.Tensor) () = {
    Network =
        new Network(
            [ "first", linear 2 3; "last", linear 3 2 ],
            fun layer x ->
                let struct (isNode, _, features) = Networks.nodesOf x
                use _nodes = PositionMask.Over isNode
                last isNode (layer 1 (layer 0 features))
        )
    Likelihood = Likelihood.Gaussian 0.5
    Input = Networks.graphs ()
    Target = null
}

let private case name kind ofErrors ofActivations (seed: int64) =
    let kind = { Name = name; Ignores = false; Make = kind }

    let setup = lazy (Setup.make kind Fisher.Ggn seed)

    let curvature = lazy (Structure.kronecker ofErrors ofActivations setup.Value.G)

    let exact () = Dense.onlyBlocks (PointGradients.orders setup.Value.Points) setup.Value.F

    let blocksOfOperator () =
        let problem = setup.Value.Problem

        use C = LinearOperator.gaussNewton (Setup.asGiven problem setup.Value.Layers null) problem.Input

        Dense.ofTensor (LinearOperator.dense C) |> Dense.onlyBlocks (PointGradients.orders setup.Value.Points)

    let compare expected () = Dense.distanceOf (expected ()) (Dense.ofTensor (Curvature.dense curvature.Value))

    {
        Prepare = Action(fun () -> curvature.Force() |> ignore)
        Cases = [|
            Case.Exact(
                $"deep linear / full / {name}",
                [|
                    Comparison.check "dense" (compare exact)
                    Comparison.check "gauss-newton operator" (compare blocksOfOperator)
                |]
            )
        |]
    }

let private convolutions: (string * (unit -> torch.nn.Module<torch.Tensor, torch.Tensor>) * int64 array) list =
    let double = torch.ScalarType.Float64
    [
        "conv1d", (fun () -> torch.nn.Conv1d(2L, 3L, 2L, dtype = double)), [| 4L; 2L; 5L |]
        "conv2d", (fun () -> torch.nn.Conv2d(2L, 3L, 2L, padding = 1L, dtype = double)), [| 4L; 2L; 3L; 2L |]
        "conv3d", (fun () -> torch.nn.Conv3d(1L, 3L, 2L, dtype = double)), [| 4L; 1L; 2L; 3L; 2L |]
        "transposed conv2d",
        (fun () -> torch.nn.ConvTranspose2d(2L, 3L, 2L, stride = 2L, bias = false, dtype = double)),
        [| 4L; 2L; 2L; 2L |]
    ]

/// K-FAC, K-FAC-expand and K-FAC-reduce where each is exact. (Eschenhagen et al. 2023)
let suites (seed: int64) = [|
    case "kronecker is exact" (deepLinear [| 5L; 3L |] id) Positions.Summed Positions.Averaged seed
    case "kronecker expand is exact per token" (deepLinear [| 4L; 3L; 3L |] id) Positions.Summed Positions.Averaged seed
    case
        "kronecker reduce is exact for means"
        (deepLinear [| 4L; 3L; 3L |] (fun x -> x.mean [| 1L |]))
        Positions.Pooled
        Positions.Pooled
        seed
    for name, layer, shape in convolutions do
        case $"kronecker reduce is exact for {name}" (images layer shape) Positions.Pooled Positions.Pooled seed
    case
        "kronecker expand is exact per node"
        (graphs (fun isNode z -> z * isNode.unsqueeze -1L))
        Positions.Summed
        Positions.Averaged
        seed
    case "kronecker reduce is exact for graphs" (graphs Networks.meanOver) Positions.Pooled Positions.Pooled seed
|]
