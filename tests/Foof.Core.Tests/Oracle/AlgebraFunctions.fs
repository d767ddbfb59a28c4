/// Every public function of the curvature algebra by name, with arguments to call it with: for what holds for
/// all of them.
module Foof.Core.Tests.AlgebraFunctions

open Foof
open Foof.Core.Tests.FactorCalls
open TorchSharp

let private matrices (change: torch.Tensor -> torch.Tensor) =
    let M = Sides.semidefinite 2 3 4 |> change
    let one' = (Sides.semidefinite 1 3 4).squeeze 0L |> change

    let mu, X = torch.ones (2L, dtype = Networks.double) |> change, Networks.normal [ 2; 3; 3 ] |> change

    let side kind = Sides.side kind 2 3

    let changed side =
        match side with
        | Side.Identity _ -> side
        | Side.Diagonal d -> Side.Diagonal(change d)
        | Side.Full M -> Side.Full(change M)
        | Side.Inverse L -> Side.Inverse(change L)

    let damped (found: DampedInverse option) =
        let found = Option.get found
        [ found.Inverse; found.LogDet ]

    [
        let call name run = called $"Factorization.{name}" [ M; one' ] run

        for M in [ M; one' ] do
            call "damped" (fun () -> [ Factorization.damped M 0.1 ])
            call "root" (fun () -> [ Factorization.root M ])
            call "inverse" (fun () -> damped (Factorization.inverse Factorization.attempts M 0.1))

            call "inverse by eigenvalues" (fun () ->
                damped (Factorization.inverse [ List.last Factorization.attempts ] M 0.1))

            call "power" (fun () -> damped (Factorization.power Factorization.attempts -0.5 M 0.1))

            call "eigen" (fun () ->
                let struct (s, Q) = Factorization.eigen M |> Option.get
                [ s; Q ])

        for kind in [ Sides.One; Sides.Identity; Sides.Diagonal; Sides.Full ] do
            let side = changed (side kind)
            let all = mu :: X :: Side.tensors side
            let call name run = called $"Side.{name}, {kind}" all run
            let one name (run: unit -> torch.Tensor) = call name (run >> List.singleton)
            let same name (run: unit -> Side) = call name (run >> Side.tensors)
            same "transpose" (fun () -> Side.transpose side)
            same "square" (fun () -> Side.square side)
            same "scale" (fun () -> Side.scale 0.5 side)
            one "times" (fun () -> Side.times X side)
            one "timesColumns" (fun () -> Side.timesColumns X side)
            one "diagonal" (fun () -> Side.diagonal X side)
            one "trace" (fun () -> Side.trace X side)
            one "dense" (fun () -> Side.dense X side)
            same "damped" (fun () -> Side.damped mu side)
            same "root" (fun () -> Side.root side)
    ]

let private rules = Dampings.rules

let private curvatures (change: torch.Tensor -> torch.Tensor) (name, draw) =
    let order: Structures.Order = { Seed = 5; Groups = 2; Outputs = 2; Inputs = 3; Columns = 3 }

    Networks.seeded order.Seed
    let C, _ = draw order
    let C, C' = CurvatureOracle.map change C, CurvatureOracle.map change C
    let V = vector change (Curvature.shapes C)
    let all = List.ofArray V @ Curvature.tensors C @ Curvature.tensors C'
    let call function' run = called $"{function'}, {name}" all run

    let same function' run = call $"Curvature.{function'}" (run >> Curvature.tensors)

    let isInvertible = Structures.invertible |> List.exists (fun (other, _) -> other = name)

    [
        call "Curvature.product" (fun () -> List.ofArray (Curvature.product C V))
        call "Curvature.diagonal" (fun () -> List.ofArray (Curvature.diagonal C))
        call "Curvature.trace" (fun () -> [ Curvature.trace C ])
        call "Curvature.dense" (fun () -> [ Curvature.dense C ])
        same "scale" (fun () -> Curvature.scale 0.5 C)
        same "addDiagonal" (fun () -> Curvature.addDiagonal V C)
        same "add" (fun () -> Curvature.add C C')
        same "merge" (fun () -> Curvature.merge C C')
        for rule in rules do
            if isInvertible then
                call $"Factored.make {rule}" (fun () -> Factored.tensors (Factored.make rule 0.1 C))
        if isInvertible then
            let factored = Factored.make Damping.Tikhonov 0.1 C
            let all = all @ Factored.tensors factored
            let call function' run = called $"{function'}, {name}" all run
            call "Factored.solve" (fun () -> List.ofArray (Factored.solve factored V))
            call "Factored.rootSolve" (fun () -> List.ofArray (Factored.rootSolve factored V))
            call "Factored.logDet" (fun () -> [ Factored.logDet factored ])
    ]

/// The calls of each group, with every tensor of their arguments changed: layers, factors and structures by name.
let groups: (string * ((torch.Tensor -> torch.Tensor) -> Call list)) list = [
    for layer in layers do
        let name = $"{layer.Form}, {layer.Groups} groups, {layer.Positions} positions"

        if layer.Form <> Factors.Written && layer.Form <> Factors.Weighted then
            $"activations, {name}", (fun change -> activations change layer)

        $"layer factors, {name}", (fun change -> layerFactors change layer)
    "Fisher factors", fisherFactors
    "matrices", matrices
    for structure in Structures.all do
        fst structure, (fun change -> curvatures change structure)
]
