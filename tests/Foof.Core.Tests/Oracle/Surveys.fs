/// What a survey of a model says, parameter by parameter.
module Foof.Core.Tests.Surveys

open Foof

let everything = Networks.everything

let survey (model: Networks.Network) select =
    let { Layers = layers; Coverage = coverage } = Coverage.survey model select

    layers, coverage |> Array.map (fun line -> line.Parameter, line.Treatment) |> Map.ofArray

let plain reason = Treatment.Plain reason

let asMap (coverage: Coverage seq) = coverage |> Seq.map (fun line -> line.Parameter, line.Treatment) |> Map.ofSeq
