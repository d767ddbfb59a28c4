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
|]
