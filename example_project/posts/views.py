"""
The pages: one guard for each door.

A guard comes as a decorator for function views (sync or async) and as a mixin for class-based ones. Signed out, a
visitor is sent to the sign-in page and comes back to where they wanted to go; signed in without the right, they get
the 403 page (templates/403.html), or CLERK_UNAUTHORIZED_URL where that is set.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.messages.views import SuccessMessageMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.generic import CreateView, DeleteView, DetailView, ListView

from django_clerk.decorators import clerk_login_required, clerk_owner_required, clerk_role_required
from django_clerk.mixins import (
    ClerkLoginRequiredMixin,
    ClerkOwnerRequiredMixin,
    ClerkReverificationRequiredMixin,
    ClerkRoleRequiredMixin,
)
from django_clerk.models import ClerkUser, ClerkWebhookEvent

from .forms import PostForm
from .models import Post, Refusal


class Home(ListView):
    """
    Everybody's posts, for everybody, and it may still ask who is there.

    It has no guard, and CLERK_PUBLIC_ROUTES says that this is meant to be so: whatever nobody opens is shut.
    """

    queryset = Post.objects.select_related("author__clerk")
    template_name = "posts/home.html"
    context_object_name = "posts"
    paginate_by = 20


class PostDetail(DetailView):
    """One post, for everybody too. The template shows its buttons to the owner."""

    queryset = Post.objects.select_related("author__clerk")
    template_name = "posts/detail.html"


@clerk_login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """One's own posts. ``request.user`` is a Django user, so its reverse relations work as ever."""
    return render(request, "posts/dashboard.html", {"posts": request.user.posts.all(), "form": PostForm()})


class PostCreate(ClerkLoginRequiredMixin, SuccessMessageMixin, CreateView):
    model = Post
    form_class = PostForm
    template_name = "posts/form.html"
    success_url = reverse_lazy("posts:dashboard")
    success_message = "“%(title)s” is published."

    def form_valid(self, form: PostForm) -> HttpResponse:
        form.instance.author = self.request.user
        return super().form_valid(form)


@clerk_owner_required(Post, field="author")
def edit_post(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a post of one's own. The guard has looked it up (404 if there is none) and left it on the request."""
    post = request.clerk_object
    form = PostForm(request.POST or None, instance=post)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, f"“{post}” is saved.")
        return redirect("posts:dashboard")
    return render(request, "posts/form.html", {"form": form, "post": post})


class PostDelete(ClerkReverificationRequiredMixin, ClerkOwnerRequiredMixin, SuccessMessageMixin, DeleteView):
    """
    Delete a post of one's own: the same rule as above, as a mixin, and a second one.

    Whoever verified a factor more than ten minutes ago must do so again: an unlocked laptop deletes nothing. The page
    that says so is templates/django_clerk/reverification_required.html.
    """

    model = Post
    owner_field = "author"
    reverification = "strict"
    template_name = "posts/confirm_delete.html"
    success_url = reverse_lazy("posts:dashboard")
    success_message = "The post is deleted."


@clerk_role_required("admin")
def admin_area(request: HttpRequest) -> HttpResponse:
    """
    Who is synced and what Clerk has told us, for people with the application role "admin".

    The role is {"role": "admin"} in the user's public metadata at Clerk. A role in the active organization would be
    asked for with its prefix, as in organizations.py.
    """
    people = ClerkUser.objects.select_related("user").order_by("created_at")
    return render(
        request,
        "posts/admin_area.html",
        {"people": people, "events": ClerkWebhookEvent.objects.order_by("-pk")[:10]},
    )


class Inbox(ClerkRoleRequiredMixin, ListView):
    """Every webhook that Clerk has delivered, the latest first."""

    role = "admin"
    queryset = ClerkWebhookEvent.objects.order_by("-pk")
    template_name = "posts/inbox.html"
    context_object_name = "events"
    paginate_by = 50


class Refusals(ListView):
    """
    Who was not allowed, and which rule said so: what receivers.py has kept.

    No guard here either. CLERK_ROLE_ROUTES is about this whole area of the site, so that a page nobody thought of
    guarding is guarded all the same.
    """

    model = Refusal
    template_name = "posts/refusals.html"
    context_object_name = "refusals"
    paginate_by = 50
