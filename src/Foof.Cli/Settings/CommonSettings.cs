using System.Linq.Expressions;
using Foof.Cli.Data;
using Foof.Cli.Engine;

namespace Foof.Cli.Settings;

/// <summary>Rows that the tables of several commands have.</summary>
internal static class CommonSettings
{
    /// <summary>The data set.</summary>
    internal static Setting<R> Data<R>(Expression<Func<R, string>> property) =>
        Setting<R>
            .Of(
                property,
                Forms.Data,
                "The data: fashion-mnist, or a folder of IDX files, gzipped or not",
                ImageData.FashionMnist
            )
            .Changeable();

    /// <summary>How many threads libtorch has.</summary>
    internal static Setting<R> Threads<R>(Expression<Func<R, int>> property, int byDefault = 2) =>
        Setting<R>.Of(property, Forms.Threads, "Threads of libtorch", byDefault).Changeable();

    /// <summary>The device.</summary>
    internal static Setting<R> Device<R>(Expression<Func<R, string>> property) =>
        Setting<R>.Of(property, Forms.Device, "Where to compute", Devices.Cpu).Changeable();
}
