/// Quadratic functions of the weights against the matrices that they stand for.
module Foof.Core.Tests.QuadraticTests

open Expecto
open Foof
open Foof.Explicit
open Foof.Core.Tests.Quadratics
open Foof.Core.Tests.Structures
open Foof.Core.Tests.WrittenFactors
open MathNet.Numerics.LinearAlgebra
open TorchSharp

let structures = names all
let oneLayer = names (ofOneLayer @ sums)

[<Tests>]
let tests =
    testList "Continual.Quadratic" [
        forEach "value and gradient are those of the matrix written out" structures (fun _ (C, F) ->
            let centre, theta = vectorOf C, vectorOf C

            agreesWith (explicit F centre theta) (Quadratic.valueAndGradient theta (Quadratic.around C centre)))

        forEach "value and gradient are zero at the centre" structures (fun _ (C, _) ->
            let centre = vectorOf C

            let { Value = value; Gradient = gradient } = Quadratic.valueAndGradient centre (Quadratic.around C centre)

            Expect.equal (Dense.values value) [| 0.0 |] "the value"

            for g in Weights.numbers gradient do
                Expect.equal g 0.0 "every gradient")

        for name in oneLayer do
            Holds.forSome
                $"the sum around the second centre has the values of both, whatever their structures: {name}"
                4
                orders
                (fun order ->
                    for other, _ in ofOneLayer do
                        use _scope = torch.NewDisposeScope()

                        let (x, F), (y, F') = draw name order, draw other { order with Seed = order.Seed + 1 }

                        let first, second, theta = vectorOf x, vectorOf x, vectorOf x

                        let sum = Quadratic.add Curvature.add (Quadratic.around x first) (Quadratic.around y second)

                        let value, gradient = explicit F first theta
                        let value', gradient' = explicit F' second theta

                        agreesWith (value + value', gradient + gradient') (Quadratic.valueAndGradient theta sum)

                        Oracle.isSame sum.Centre second "the centre of sum")

        for name in oneLayer do
            forOne $"sums of sums and multiples keep slope and level: {name}" name (fun order (C, F) ->
                let around seed =
                    let C', F' = draw name { order with Seed = order.Seed + seed }
                    let centre = vectorOf C
                    Quadratic.around C' centre, (fun theta -> explicit F' centre theta)

                let (x, ofX), (y, ofY), (z, ofZ) = around 1, around 2, around 3
                let theta = vectorOf C

                let sum = Quadratic.add Curvature.add (Quadratic.add Curvature.add x y) (Quadratic.scale 3.0 z)

                let values, gradients = [ ofX theta; ofY theta; ofZ theta; ofZ theta; ofZ theta ] |> List.unzip

                agreesWith
                    (0.25 * List.sum values, List.reduce (+) gradients * 0.25)
                    (Quadratic.valueAndGradient theta (Quadratic.scale 0.25 sum))

                // Summed the other way round: the newer one has slope and level of its own.
                let turned = Quadratic.add Curvature.add (Quadratic.scale 3.0 z) (Quadratic.add Curvature.add x y)

                agreesWith (List.sum values, List.reduce (+) gradients) (Quadratic.valueAndGradient theta turned)

                Expect.equal gradients.Head.Count F.RowCount "the number of unknowns")

        test "a centre or weights of other layers are refused" {
            use _scope = torch.NewDisposeScope()
            let C = Curvature.Diagonal [| Networks.normal [ 2; 3 ] |]
            let wrong = [| Networks.normal [ 3; 2 ] |]

            Oracle.refused [ "centre must be [2; 3] at layer 0; got [3; 2]" ] (fun () -> Quadratic.around C wrong)

            let q = Quadratic.around C [| Networks.normal [ 2; 3 ] |]

            Oracle.refused [ "theta must be [2; 3] at layer 0" ] (fun () -> Quadratic.valueAndGradient wrong q)
        }

        forEach "values and gradients leave nothing behind" structures (fun _ (C, _) ->
            let centre, theta = vectorOf C, vectorOf C
            let q = Quadratic.around C centre

            let leaked =
                Oracle.leaked (fun () ->
                    use _outer = torch.NewDisposeScope()
                    Quadratic.valueAndGradient theta q |> ignore
                    Quadratic.add Curvature.add q q |> ignore)

            Expect.equal leaked 0L "the number of tensors left")
    ]
