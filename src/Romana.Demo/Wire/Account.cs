namespace Romana.Demo.Wire;

internal static class Account
{
    public const string Id = "123456789012";

    public static string Text(bool value) => value ? "true" : "false";
}
