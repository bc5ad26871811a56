"""Real projects whose sdists carry a tox config: by name, version and hash."""

from tests.differential.fetch import Sdist

PROJECTS = (
    # tox.ini
    Sdist("attrs", "26.1.0", "d03ceb89cb322a8fd706d4fb91940737b6642aa36998fe130a9bc96c985eff32"),
    Sdist("coverage", "7.17.3", "6695d1bb2a9a2fbd7806d69d78cf30f35eb0f65045da0ec5b5045242fadd6a78"),
    Sdist(
        "django-debug-toolbar", "8.0.0", "cae32d3e441e608f39f3f1ca6b3f028c38d5d04d74c98d8ab96d46022dee3163"
    ),
    Sdist("django-environ", "0.14.0", "b6c48d93b9d2ff8a3ea14099e90c35aa4f101c1b4d5f262dfee0d27b06742ed7"),
    Sdist("django-extensions", "4.1", "7b70a4d28e9b840f44694e3f7feb54f55d495f8b3fa6c5c0e5e12bcb2aa3cdeb"),
    Sdist("django-filter", "26.2", "fd5cc83995fbe9f5f07fb5dcda16fde0f04de1ecf8ef82628b6c0ec921b751af"),
    Sdist("hyperlink", "21.0.0", "427af957daa58bc909471c6c40f74c5450fa123dd093fc53efd2e91d2705a56b"),
    Sdist("importlib-metadata", "10.2.0", "9413a2029fd9ca5669d27f1386071bbfe3c7ebca0545692ec975088241fe1d79"),
    Sdist("isort", "9.0.2", "d2298980ce44350f11d9d24c8150eaef1883431ec203dddbb4e9b5c3ceb54c70"),
    Sdist("jinja2", "3.1.6", "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d"),
    Sdist("ndcube", "2.4.2", "a940b8628b93117c5321894117895b7b74f2f62f8ff22a2767db1fc4c4178240"),
    Sdist("pluggy", "1.7.0", "d1eaa46ebb595891b860ab086b4d09c8588af65ebd4361b8e8f4bb8920b90ba8"),
    Sdist("pytest", "9.2.0", "97c4f3b1f3c7414aa36465e09b8220f1d03627993bd51b1282e193753c80557b"),
    Sdist("pytest-asyncio", "1.5.0", "92c8fa83ca419fd0d4bd6a34df6520dae435841d3733c319343249492adf37f7"),
    Sdist("pytest-cov", "7.1.0", "30674f2b5f6351aa09702a9c8c364f6a01c27aae0c1366ae8016160d1efc56b2"),
    Sdist("pytest-django", "4.14.0", "26787dd3f422cfbab8f55b80a776e2edea7a11092cb74e960bef1312515708ef"),
    Sdist("python-dateutil", "4.0.0", "d7295ff14fdc0f92f662100bfb6c551d160ca090f2939f1ec5b9794265c03f06"),
    Sdist("reproject", "0.21.0", "01ede715a1993c29431f52ff74189ef30f5e7b2e8b4dc88c1b002145a971dc1c"),
    Sdist("structlog", "26.1.0", "f63a716cbd1b1291cf7661de7794b455acfa4c43c5bcf1630e6ad5ddc1adb3b7"),
    Sdist("twine", "7.0.0", "85cdb29c518efef867360ae4acd4b0dfd61c8654a22fca08e6f8539f05022177"),
    Sdist("webob", "1.8.11", "aa8c27231070b135c025e567a9cd7eda03f4df71352ffaac740cb6a75f0f81a5"),
    Sdist("zope-interface", "8.7", "0b47b62e8d0d99b24bcdd32f4f2120425e5019c3bee2ad69a0e1d75737487a96"),
    # setup.cfg
    Sdist("dictio", "0.2.7", "90439a518a793933584c8b079db754a5a560bb35e5b4a4e59e8bc2d8df765f73"),
    Sdist("qemu-qmp", "0.0.6", "a3c25d871fab549122b2340810de1f99481002c942a2132476b062aacdbf6e92"),
    # pyproject.toml: an ini text, then native tables
    Sdist("pytest-httpbin", "2.1.0", "d40579838443228327f9fe4f08d9338bee8885c29fe933e5f2d58c20a26c33c6"),
    Sdist("click", "8.5.1", "9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4"),
    Sdist("django-redis", "7.0.0", "e48491c862f4350b0747ceb1016700686fb93c4f4e0fb9c490fe6c6658ffd933"),
    Sdist("wtforms", "3.3.2", "49bb51d10b7832d497e758736da4d56f7d129a015db24756f36f28992f175404"),
    # tox.toml
    Sdist("filelock", "4.2.12", "7e7da24d3ac39268b0f156e56870001de44886318f092f9d851e692f7114d6dd"),
    Sdist("platformdirs", "4.14.7", "5472257c1cf97a14658af52997011c7e59e4aebf3a24950b973c11b579e1b074"),
    Sdist("pyproject-api", "1.12.1", "1429612586cd1147a00a6eaddfff731ab1c4eee3bf17b4f234dbd4668540e600"),
    Sdist("tox", "4.67.15", "70307cf6cc0a328ca766dc8c20939c697af48d4df2d4bd0c93531eb3be50295d"),
    Sdist("virtualenv", "21.15.8", "cfa97e12996373ea030ccbae8eda23cae9cfdbe74aa7b627621b6a0bd03cd7d4"),
)

SAMPLE = tuple(sdist for sdist in PROJECTS if sdist.name in ("structlog", "platformdirs", "pytest-httpbin"))
"""Three that differ in form, for a run that has little time."""


def project(name: str) -> Sdist:
    """Return one of them by name."""
    return next(sdist for sdist in PROJECTS if sdist.name == name)
