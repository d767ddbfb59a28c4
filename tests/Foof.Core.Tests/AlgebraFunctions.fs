/// Every public function of the curvature algebra by name, with arguments to call it with: for what holds for all of
/// them.
module Foof.Core.Tests.AlgebraFunctions

open Foof
open TorchSharp

/// A call: the tensors of its arguments, and what it makes of them.
[<ReferenceEquality>]
type Call = {
    Name: string
    Arguments: torch.Tensor list
    Run: unit -> torch.Tensor list
}

let private called name arguments run = {
    Name = name
    Arguments = arguments
    Run = run
}

let private vector (change: torch.Tensor -> torch.Tensor) shapes =
    Factors.vector shapes |> Array.map change

let private layers: Factors.LayerSizes list = [
    for form, groups, positions in
        [
            Factors.Rows, 1, 1
            Factors.Rows, 2, 3
            Factors.OneHot, 1, 1
            Factors.OneHot, 1, 3
            Factors.Written, 1, 1
            Factors.Weighted, 2, 3
        ] do
        {
            Form = form
            Groups = groups
            Outputs = 2
            Inputs = 3
            Positions = positions
        }
]

let private activations (change: torch.Tensor -> torch.Tensor) (layer: Factors.LayerSizes) =
    let x = Factors.activations 4 layer.Positions layer |> Activations.map change
    let y = Factors.activations 4 layer.Positions layer |> Activations.map change
    let written = Activations.Rows(Activations.dense Networks.double y)
    let V = Networks.normal [ layer.Groups; 2; 3 ] |> change
    let E = Networks.normal [ layer.Groups; 4; layer.Positions; 2 ] |> change
    let all = V :: E :: Activations.tensors x @ Activations.tensors y

    let call name run =
        called $"Activations.{name}, {layer.Form}" all run

    let many name (run: unit -> Activations) = call name (run >> Activations.tensors)
    let one name (run: unit -> torch.Tensor) = call name (run >> List.singleton)

    [
        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            one "dense" (fun () -> Activations.dense kind x)
            many "ofType" (fun () -> Activations.ofType kind x)
            one "squaredNorms" (fun () -> Activations.squaredNorms kind x)
        many "points" (fun () -> Activations.points 1L 2L x)
        many "joinPositions" (fun () -> Activations.joinPositions [| x; y |])
        many "joinDataPoints" (fun () -> Activations.joinDataPoints [| x; y |])
        one "gram" (fun () -> Activations.gram x y Networks.double)
        one "gram, mixed" (fun () -> Activations.gram x written Networks.double)
        one "times" (fun () -> Activations.times V x)
        one "gradient" (fun () -> Activations.gradient E x)
    ]

let private layerFactors (change: torch.Tensor -> torch.Tensor) (layer: Factors.LayerSizes) =
    let G =
        Factors.factor {
            Seed = 1
            Points = 4
            PerPoint = 3
            Parts = 1
            Layers = [ layer ]
        }
        |> Factors.map change

    let factor = G.Parts[0].Layers[0]
    let shape = LayerFactor.shape factor
    let v = (vector change [| shape |])[0]
    let w = Networks.normal [ int (LayerFactor.columns factor) ] |> change
    let c = Networks.normal [ 1; 1 ] |> change
    let K = Networks.normal [ int (w.size 0); int (w.size 0) ] |> change

    let basis d =
        Networks.normal [ layer.Groups; d; d ] |> change

    let Q_E, Q_A = basis 2, basis 3
    let all = v :: w :: c :: K :: Q_E :: Q_A :: LayerFactor.tensors factor

    let call name run =
        called $"{name}, {layer.Form}, R = {layer.Positions}" all run

    let one name (run: unit -> torch.Tensor) = call name (run >> List.singleton)
    let nothing name (run: unit -> unit) = call name (run >> fun () -> [])

    [
        nothing "LayerFactor.check" (fun () -> LayerFactor.check "factor" factor)
        call "LayerFactor.weighted" (fun () -> LayerFactor.tensors (LayerFactor.weighted factor v))
        call "LayerFactor.weighted, number" (fun () -> LayerFactor.tensors (LayerFactor.weighted factor c))
        for kind in [ Networks.double; torch.ScalarType.Float32 ] do
            nothing "LayerFactor.forEachWritten" (fun () ->
                LayerFactor.forEachWritten kind factor (fun _ P -> P.square () |> ignore))

            one "LayerFactor.written" (fun () -> LayerFactor.written kind factor)
        for route in [ GramRoute.Pairs; GramRoute.Explicit ] do
            nothing $"LayerFactor.addGramBy {route}" (fun () -> LayerFactor.addGramBy route factor factor K)
        nothing "LayerFactor.addGram" (fun () -> LayerFactor.addGram factor factor K)
        one "LayerFactor.transposeTimes" (fun () -> LayerFactor.transposeTimes v factor)
        one "LayerFactor.times" (fun () -> LayerFactor.times w factor)
        one "LayerFactor.squaredNorms" (fun () -> LayerFactor.squaredNorms factor)
        one "LayerFactor.diagonal" (fun () -> LayerFactor.diagonal w factor)
        one "Statistic.weightedErrors" (fun () -> Statistic.weightedErrors (int64 layer.Groups) 0.5 factor)
        one "Statistic.weightedActivations" (fun () ->
            Statistic.weightedActivations (int64 layer.Groups) 0.5 factor)
        one "Statistic.units" (fun () -> Statistic.units 0.5 factor)
        match factor with
        | LayerFactor.Product(activations, E) ->
            for positions in [ Positions.Summed; Positions.Averaged; Positions.Pooled ] do
                one $"Statistic.activations {positions}" (fun () ->
                    Statistic.activations positions Networks.double activations)

                one $"Statistic.errors {positions}" (fun () -> Statistic.errors positions 0.5 E)

            one "Statistic.meanActivation" (fun () -> Statistic.meanActivation Networks.double activations)
            one "Statistic.meanError" (fun () -> Statistic.meanError E)
            one "Statistic.spectrum" (fun () -> Statistic.spectrum Q_E Q_A 0.5 factor)
        | _ -> ()
    ]

let private fisherFactors (change: torch.Tensor -> torch.Tensor) =
    let draw seed =
        Factors.factor {
            Seed = seed
            Points = 3
            PerPoint = 2
            Parts = 2
            Layers = List.take 4 layers
        }
        |> Factors.map change

    let G, G' = draw 1, draw 2
    let v = vector change G.Shapes
    let c = G.Shapes |> Array.map (fun _ -> Networks.normal [ 1; 1 ] |> change)
    let w = Networks.normal [ int (FisherFactor.columns G) ] |> change
    let b, a = Networks.normal [ 2; 3 ] |> change, Networks.normal [ 2; 4 ] |> change

    let all =
        w
        :: b
        :: a
        :: [
            yield! v
            yield! c
            yield! FisherFactor.tensors G
            yield! FisherFactor.tensors G'
        ]

    let call name run = called name all run

    let one name (run: unit -> torch.Tensor) =
        call $"FisherFactor.{name}" (run >> List.singleton)

    let some name (run: unit -> torch.Tensor array) =
        call $"FisherFactor.{name}" (run >> List.ofArray)

    let factor name run =
        call $"FisherFactor.{name}" (run >> FisherFactor.tensors)

    let structure name run =
        call $"Structure.{name}" (run >> Curvature.tensors)

    [
        factor "ofColumns" (fun () -> FisherFactor.ofColumns G.Parts[0])
        factor "layer" (fun () -> FisherFactor.layer 1 G)
        factor "join" (fun () -> FisherFactor.join [| G; G' |])
        factor "scale" (fun () -> FisherFactor.scale 0.5 G)
        factor "weighted" (fun () -> FisherFactor.weighted v G)
        factor "weighted, numbers" (fun () -> FisherFactor.weighted c G)
        one "gram" (fun () -> FisherFactor.gram G)
        one "crossGram" (fun () -> FisherFactor.crossGram G G')
        one "transposeTimes" (fun () -> FisherFactor.transposeTimes v G)
        some "times" (fun () -> FisherFactor.times w G)
        one "squaredNorms" (fun () -> FisherFactor.squaredNorms G)
        some "diagonal" (fun () -> FisherFactor.diagonal G)
        one "dense" (fun () -> FisherFactor.dense G)
        structure "lowRank" (fun () -> Structure.lowRank G)
        structure "layerwiseLowRank" (fun () -> Structure.layerwiseLowRank G)
        structure "dense" (fun () -> Structure.dense G)
        structure "layerwiseDense" (fun () -> Structure.layerwiseDense G)
        structure "diagonal" (fun () -> Structure.diagonal G)
        structure "units" (fun () -> Structure.units G)
        for positions in [ Positions.Summed; Positions.Averaged; Positions.Pooled ] do
            structure $"kronecker {positions}" (fun () -> Structure.kronecker positions positions G)
            structure $"eigenbasis {positions}" (fun () -> Structure.eigenbasis positions positions G)
        structure "traceKronecker" (fun () -> Structure.traceKronecker G)
        structure "rankOne" (fun () -> Structure.rankOne b a)
    ]

let private matrices (change: torch.Tensor -> torch.Tensor) =
    let M = SideTests.semidefinite 2 3 4 |> change
    let one' = (SideTests.semidefinite 1 3 4).squeeze 0L |> change

    let mu, X =
        torch.ones (2L, dtype = Networks.double) |> change, Networks.normal [ 2; 3; 3 ] |> change

    let side kind = SideTests.side kind 2 3

    let changed side =
        match side with
        | Side.Identity _ -> side
        | Side.Diagonal d -> Side.Diagonal(change d)
        | Side.Full M -> Side.Full(change M)

    let damped (found: DampedInverse option) =
        let found = Option.get found
        [ found.Inverse; found.LogDet ]

    [
        let call name run =
            called $"Factorization.{name}" [ M; one' ] run

        for M in [ M; one' ] do
            call "damped" (fun () -> [ Factorization.damped M 0.1 ])
            call "root" (fun () -> [ Factorization.root M ])
            call "inverse" (fun () -> damped (Factorization.inverse Factorization.attempts M 0.1))

            call "inverse by eigenvalues" (fun () ->
                damped (Factorization.inverse [ List.last Factorization.attempts ] M 0.1))

            call "power" (fun () -> damped (Factorization.power Factorization.attempts -0.5 M 0.1))

            call "powerOfDefinite" (fun () ->
                damped (Factorization.powerOfDefinite Factorization.attempts -1.0 M))

            call "eigen" (fun () ->
                let struct (s, Q) = Factorization.eigen M |> Option.get
                [ s; Q ])

        for kind in [ SideTests.One; SideTests.Identity; SideTests.Diagonal; SideTests.Full ] do
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

let private rules = [
    Damping.Tikhonov
    for norm in [ FactorNorm.Trace; FactorNorm.Frobenius; FactorNorm.LargestEigenvalue ] do
        Damping.Heuristic norm
        Damping.HeuristicInputs norm
    Damping.SquareRoot
    Damping.EachFactor
    Damping.Blend 0.5
]

let private curvatures (change: torch.Tensor -> torch.Tensor) (name, draw) =
    let order: Structures.Order = {
        Seed = 5
        Groups = 2
        Outputs = 2
        Inputs = 3
        Columns = 3
    }

    Networks.seeded order.Seed
    let C, _ = draw order
    let C, C' = Structures.map change C, Structures.map change C
    let V = vector change (Curvature.shapes C)
    let all = List.ofArray V @ Curvature.tensors C @ Curvature.tensors C'
    let call function' run = called $"{function'}, {name}" all run

    let same function' run =
        call $"Curvature.{function'}" (run >> Curvature.tensors)

    let isInvertible =
        Structures.invertible |> List.exists (fun (other, _) -> other = name)

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
            same $"Damping.apply {rule}" (fun () ->
                let struct (damped, _) = Damping.apply rule 0.1 C
                damped)

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

/// All calls, with every tensor of their arguments changed.
let all (change: torch.Tensor -> torch.Tensor) = [
    for layer in layers do
        if layer.Form <> Factors.Written && layer.Form <> Factors.Weighted then
            yield! activations change layer

        yield! layerFactors change layer
    yield! fisherFactors change
    yield! matrices change
    for structure in Structures.all do
        yield! curvatures change structure
]
